// https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md: config.json as a struct. Everything
// in it has the type and range that the specification gives; what is left for later is only what the kernel
// must be asked.
#pragma once
#include <sys/types.h>

#include "json.h"
#include "word.h"

#define LIST(type) \
    struct { \
        type *items; \
        size_t count; \
    }

struct id_map {
    uint32_t inside, outside, size;
};
typedef LIST(struct id_map) id_maps;

struct rlimit_setting {
    int resource;
    uint64_t soft, hard;
};

// Bits by capability number.
struct capability_sets {
    uint64_t bounding, effective, permitted, inheritable, ambient;
};

struct process {
    bool terminal;
    uint16_t rows, columns; // of the terminal; 0 when not given
    uid_t uid;
    gid_t gid;
    bool has_umask;
    mode_t umask;
    LIST(gid_t) additional_gids;
    struct strings args, env;
    const char *cwd;
    struct capability_sets capabilities;
    LIST(struct rlimit_setting) rlimits;
    bool no_new_privileges;
    bool has_oom_score_adj;
    int oom_score_adj;
};

struct mount {
    const char *destination, *type, *source; // type and source may be NULL
    struct strings options;
};

struct hook {
    const char *path;
    struct strings args, env;
    int timeout_seconds; // 0: none
};
typedef LIST(struct hook) hook_list;

// In the order of the specification's life cycle.
enum hook_kind {
    HOOK_PRESTART,
    HOOK_CREATE_RUNTIME,
    HOOK_CREATE_CONTAINER,
    HOOK_START_CONTAINER,
    HOOK_POSTSTART,
    HOOK_POSTSTOP,
    HOOK_KINDS
};
extern const char *const hook_kind_names[HOOK_KINDS];

struct namespace {
    int flag;         // CLONE_NEW*
    const char *path; // NULL: a new one
};

struct time_offset {
    bool set;
    int64_t seconds;
    uint32_t nanoseconds;
};

struct device {
    const char *path;
    mode_t kind; // S_IFCHR, S_IFBLK or S_IFIFO
    unsigned major, minor;
    mode_t mode; // permissions
    uid_t uid;
    gid_t gid;
};

#define DEVICE_ANY (-1)
struct device_rule {
    bool allow;
    char kind; // 'a', 'b' or 'c'
    int64_t major, minor;
    unsigned access; // BPF_DEVCG_ACC_*
};

struct pair {
    const char *name, *value;
};
typedef LIST(struct pair) pairs;

// A cgroup v2 file and what goes into it; `field` names the setting in error sentences.
struct cgroup_setting {
    const char *field, *file, *value;
};

struct seccomp_argument {
    unsigned index;
    int operator; // enum scmp_compare
    uint64_t value, value_two;
};
struct seccomp_rule {
    struct strings names;
    uint32_t action; // SCMP_ACT_*
    LIST(struct seccomp_argument) arguments;
};
struct seccomp {
    uint32_t default_action;
    LIST(uint32_t) architectures; // SCMP_ARCH_*
    unsigned flags;               // SECCOMP_FILTER_FLAG_*
    LIST(struct seccomp_rule) rules;
    const char *text; // the section as it stands in the document: the key of the filter cache
    size_t text_length;
};

struct config {
    const char *oci_version;
    struct process process;
    const char *root_path;
    bool root_readonly;
    const char *hostname, *domainname;
    LIST(struct mount) mounts;
    hook_list hooks[HOOK_KINDS];
    pairs annotations;

    LIST(struct namespace) namespaces;
    id_maps uid_maps, gid_maps;
    struct time_offset monotonic_offset, boottime_offset;
    LIST(struct device) devices;
    LIST(struct device_rule) device_rules;
    const char *cgroups_path;
    LIST(struct cgroup_setting) cgroup_settings;
    uint64_t root_propagation; // MS_SHARED and the like; 0 when not given
    struct strings masked_paths, readonly_paths;
    pairs sysctls;
    struct seccomp *seccomp; // NULL: no filter
};

extern const struct word namespace_words[], rlimit_words[];

struct text {
    const char *bytes;
    size_t length;
};

int config_parse(struct arena *arena, const char *text, size_t length, struct config *out,
                 struct error *error);
// config.json in the directory; `text` receives the file as it was read, for the container's own copy.
int config_load(struct arena *arena, int directory, struct config *out, struct text *text,
                struct error *error);
// A process.json, as `exec --process` takes it.
int process_parse(struct arena *arena, const char *text, size_t length, struct process *out,
                  struct error *error);

// The namespace of the kind, or NULL.
const struct namespace *config_namespace(const struct config *config, int flag);
// A namespace of the kind is to be created.
bool config_unshares(const struct config *config, int flag);
