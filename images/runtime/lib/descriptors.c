#include "descriptors.h"

#include <limits.h>
#include <unistd.h>

#include "sys.h"

static unsigned first_own = STDERR_FILENO + 1;

int descriptors_close_inherited(unsigned preserved, struct error *error) {
    first_own = STDERR_FILENO + 1 + preserved;
    int result = sys_close_range(first_own, UINT_MAX);
    return result < 0 ? fail_sys(error, result, "cannot close inherited files") : 0;
}

static void sort(int *values, size_t count) {
    for (size_t i = 1; i < count; i++)
        for (size_t j = i; j > 0 && values[j - 1] > values[j]; j--) {
            int swapped = values[j];
            values[j] = values[j - 1];
            values[j - 1] = swapped;
        }
}

int descriptors_close_except(int *kept, size_t count, struct error *error) {
    unsigned next = first_own;
    int result = 0;
    sort(kept, count);
    for (size_t i = 0; i < count && result >= 0; i++) {
        if (kept[i] < 0 || (unsigned)kept[i] < next)
            continue;
        if ((unsigned)kept[i] > next)
            result = sys_close_range(next, (unsigned)kept[i] - 1);
        next = (unsigned)kept[i] + 1;
    }
    if (result >= 0)
        result = sys_close_range(next, UINT_MAX);
    return result < 0 ? fail_sys(error, result, "cannot close the runtime's files") : 0;
}
