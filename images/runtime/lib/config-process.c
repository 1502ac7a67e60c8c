#include <errno.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/resource.h>

#include "config-parts.h"

const struct word rlimit_words[] = {
    {"RLIMIT_AS", RLIMIT_AS},
    {"RLIMIT_CORE", RLIMIT_CORE},
    {"RLIMIT_CPU", RLIMIT_CPU},
    {"RLIMIT_DATA", RLIMIT_DATA},
    {"RLIMIT_FSIZE", RLIMIT_FSIZE},
    {"RLIMIT_LOCKS", RLIMIT_LOCKS},
    {"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
    {"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
    {"RLIMIT_NICE", RLIMIT_NICE},
    {"RLIMIT_NOFILE", RLIMIT_NOFILE},
    {"RLIMIT_NPROC", RLIMIT_NPROC},
    {"RLIMIT_RSS", RLIMIT_RSS},
    {"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
    {"RLIMIT_RTTIME", RLIMIT_RTTIME},
    {"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
    {"RLIMIT_STACK", RLIMIT_STACK},
    {NULL, 0},
};

static int read_rlimit(struct arena *arena, const struct place *at, struct rlimit_setting *out,
                       struct error *error) {
    (void)arena;
    try(read_object(at, error));
    struct place type = place_member(at, "type"), soft = place_member(at, "soft"),
                 hard = place_member(at, "hard");
    if (type.json == NULL)
        return fail_absent(&type, error);
    if (soft.json == NULL)
        return fail_absent(&soft, error);
    if (hard.json == NULL)
        return fail_absent(&hard, error);
    uint64_t resource = 0;
    try(read_word(&type, rlimit_words, &resource, error));
    try(read_unsigned(&soft, UINT64_MAX, &out->soft, error));
    try(read_unsigned(&hard, UINT64_MAX, &out->hard, error));
    if (out->soft > out->hard)
        return fail_at(&soft, error, "is above hard");
    out->resource = (int)resource;
    return 0;
}

static int read_rlimits(struct arena *arena, const struct place *at, struct process *out,
                        struct error *error) {
    read_list(at, arena, &out->rlimits, read_rlimit, error);
    for (size_t i = 0; i < out->rlimits.count; i++)
        for (size_t j = 0; j < i; j++)
            if (out->rlimits.items[i].resource == out->rlimits.items[j].resource) {
                struct place element = place_element(at, i, NULL);
                return fail_at(&element, error, "names a limit that process.rlimits[%zu] has set", j);
            }
    return 0;
}

static int read_capability_set(const struct place *sets, const char *name, uint64_t *out,
                               struct error *error) {
    struct place at = place_member(sets, name);
    int present = read_array(&at, error);
    if (present <= 0)
        return present;
    size_t index = 0;
    for (const struct json *json = at.json->first; json != NULL; json = json->next, index++) {
        struct place element = place_element(&at, index, json);
        const char *word = "";
        cap_value_t value;
        try(read_string(&element, &word, error));
        if (cap_from_name(word, &value) < 0 || value < 0 || value > 63)
            return fail_at(&element, error, "expected a capability such as CAP_CHOWN, found \"%.40s\"", word);
        *out |= UINT64_C(1) << value;
    }
    return 0;
}

static int read_capabilities(const struct place *at, struct process *out, struct error *error) {
    int present = read_object(at, error);
    if (present <= 0)
        return present;
    struct capability_sets *sets = &out->capabilities;
    try(read_capability_set(at, "bounding", &sets->bounding, error));
    try(read_capability_set(at, "effective", &sets->effective, error));
    try(read_capability_set(at, "permitted", &sets->permitted, error));
    try(read_capability_set(at, "inheritable", &sets->inheritable, error));
    return read_capability_set(at, "ambient", &sets->ambient, error);
}

static int read_gid(struct arena *arena, const struct place *at, gid_t *out, struct error *error) {
    (void)arena;
    return read_id(at, out, error);
}

static int read_user(struct arena *arena, const struct place *at, struct process *out, struct error *error) {
    int present = read_object(at, error);
    if (present <= 0)
        return present;
    struct place uid = place_member(at, "uid"), gid = place_member(at, "gid"),
                 umask = place_member(at, "umask");
    struct place additional = place_member(at, "additionalGids");
    uint64_t mask = 0;
    try(read_id(&uid, &out->uid, error));
    try(read_id(&gid, &out->gid, error));
    try(read_unsigned(&umask, 0777, &mask, error));
    out->has_umask = umask.json != NULL;
    out->umask = (mode_t)mask;
    read_list(&additional, arena, &out->additional_gids, read_gid, error);
    return 0;
}

static int read_console_size(const struct place *at, struct process *out, struct error *error) {
    int present = read_object(at, error);
    if (present <= 0)
        return present;
    struct place height = place_member(at, "height"), width = place_member(at, "width");
    uint64_t rows = 0, columns = 0;
    try(read_unsigned(&height, UINT16_MAX, &rows, error));
    try(read_unsigned(&width, UINT16_MAX, &columns, error));
    out->rows = (uint16_t)rows;
    out->columns = (uint16_t)columns;
    return 0;
}

int read_process(struct arena *arena, const struct place *at, struct process *out, struct error *error) {
    int present = read_object(at, error);
    if (present < 0)
        return present;
    if (present == 0)
        return fail_absent(at, error);
    struct place terminal = place_member(at, "terminal"), console = place_member(at, "consoleSize");
    struct place user = place_member(at, "user"), args = place_member(at, "args"),
                 env = place_member(at, "env");
    struct place cwd = place_member(at, "cwd"), capabilities = place_member(at, "capabilities");
    struct place rlimits = place_member(at, "rlimits"), oom = place_member(at, "oomScoreAdj");
    struct place no_new_privileges = place_member(at, "noNewPrivileges");

    try(read_bool(&terminal, &out->terminal, error));
    try(read_console_size(&console, out, error));
    try(read_user(arena, &user, out, error));
    try(read_strings(&args, arena, &out->args, error));
    if (out->args.count == 0)
        return fail_at(&args, error, "must name the program to run");
    try(read_strings(&env, arena, &out->env, error));
    try(read_absolute_path(&cwd, &out->cwd, error));
    try(read_capabilities(&capabilities, out, error));
    try(read_rlimits(arena, &rlimits, out, error));
    try(read_bool(&no_new_privileges, &out->no_new_privileges, error));
    int64_t score = 0;
    try(read_signed(&oom, -1000, 1000, &score, error));
    out->has_oom_score_adj = oom.json != NULL;
    out->oom_score_adj = (int)score;
    try(refuse_member(at, "apparmorProfile", error));
    try(refuse_member(at, "selinuxLabel", error));
    try(refuse_member(at, "scheduler", error));
    return refuse_member(at, "ioPriority", error);
}
