#include "capabilities.h"

#include <errno.h>
#include <sys/capability.h>
#include <sys/prctl.h>

#include "sys.h"
#include "trace.h"

static bool has(uint64_t set, cap_value_t value) {
    return (set >> value & 1) != 0;
}

// One step of the trace for some thirty calls.
static int drop_bounding(uint64_t kept) {
    for (cap_value_t value = 0; value < (cap_value_t)cap_max_bits(); value++)
        if (!has(kept, value) && cap_drop_bound(value) < 0)
            return -1;
    return 0;
}

int capabilities_bound(const struct capability_sets *sets, struct error *error) {
    int result = traced("prctl", "PR_CAPBSET_DROP, one by one", drop_bounding(sets->bounding));
    return result < 0 ? fail_sys(error, result, "process.capabilities.bounding: cannot drop the others") : 0;
}

static int set_flags(cap_t capabilities, cap_flag_t flag, uint64_t set) {
    for (cap_value_t value = 0; value < (cap_value_t)cap_max_bits(); value++)
        if (has(set, value) && cap_set_flag(capabilities, flag, 1, &value, CAP_SET) < 0)
            return -1;
    return 0;
}

static int raise_ambient(uint64_t set) {
    for (cap_value_t value = 0; value < (cap_value_t)cap_max_bits(); value++)
        if (has(set, value) && cap_set_ambient(value, CAP_SET) < 0)
            return -1;
    return 0;
}

int capabilities_set(const struct capability_sets *sets, struct error *error) {
    cap_t capabilities = cap_init();
    if (capabilities == NULL || set_flags(capabilities, CAP_EFFECTIVE, sets->effective) < 0 ||
        set_flags(capabilities, CAP_PERMITTED, sets->permitted) < 0 ||
        set_flags(capabilities, CAP_INHERITABLE, sets->inheritable) < 0)
        return fail_sys(error, -errno, "process.capabilities: cannot build the sets");
    int result = traced("capset", "effective, permitted, inheritable", cap_set_proc(capabilities));
    cap_free(capabilities);
    if (result < 0)
        return fail_sys(error, result,
                        "process.capabilities: the kernel refuses effective, permitted or inheritable");
    result = sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, "PR_CAP_AMBIENT_CLEAR_ALL");
    if (result >= 0 && sets->ambient != 0)
        result = traced("prctl", "PR_CAP_AMBIENT_RAISE, one by one", raise_ambient(sets->ambient));
    return result < 0 ? fail_sys(error, result,
                                 "process.capabilities.ambient: must be permitted and inheritable too")
                      : 0;
}
