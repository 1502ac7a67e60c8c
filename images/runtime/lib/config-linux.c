#include <errno.h>
#include <linux/bpf.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "config-parts.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

const struct word namespace_words[] = {
    {"pid", CLONE_NEWPID},       {"network", CLONE_NEWNET}, {"mount", CLONE_NEWNS},
    {"ipc", CLONE_NEWIPC},       {"uts", CLONE_NEWUTS},     {"user", CLONE_NEWUSER},
    {"cgroup", CLONE_NEWCGROUP}, {"time", CLONE_NEWTIME},   {NULL, 0},
};

static const struct word propagation_words[] = {
    {"private", MS_PRIVATE},
    {"shared", MS_SHARED},
    {"slave", MS_SLAVE},
    {"unbindable", MS_UNBINDABLE},
    {NULL, 0},
};

static const struct word device_words[] = {
    {"c", S_IFCHR}, {"u", S_IFCHR}, {"b", S_IFBLK}, {"p", S_IFIFO}, {NULL, 0},
};

static int read_namespace(struct arena *arena, const struct place *at, struct namespace *out,
                          struct error *error) {
    (void)arena;
    try(read_object(at, error));
    struct place type = place_member(at, "type"), path = place_member(at, "path");
    if (type.json == NULL)
        return fail_absent(&type, error);
    uint64_t flag = 0;
    try(read_word(&type, namespace_words, &flag, error));
    out->flag = (int)flag;
    return path.json == NULL ? 0 : read_absolute_path(&path, &out->path, error);
}

static int read_namespaces(struct arena *arena, const struct place *at, struct config *out,
                           struct error *error) {
    read_list(at, arena, &out->namespaces, read_namespace, error);
    for (size_t i = 0; i < out->namespaces.count; i++)
        for (size_t j = 0; j < i; j++)
            if (out->namespaces.items[i].flag == out->namespaces.items[j].flag) {
                struct place element = place_element(at, i, NULL);
                return fail_at(&element, error, "repeats the kind of linux.namespaces[%zu]", j);
            }
    if (config_namespace(out, CLONE_NEWNS) == NULL)
        return fail_at(at, error,
                       "needs an entry of type \"mount\", or the container would mount over the host");
    return 0;
}

static int read_id_map(struct arena *arena, const struct place *at, struct id_map *out, struct error *error) {
    (void)arena;
    try(read_object(at, error));
    struct place inside = place_member(at, "containerID"), outside = place_member(at, "hostID");
    struct place size = place_member(at, "size");
    if (size.json == NULL)
        return fail_absent(&size, error);
    try(read_id(&inside, &out->inside, error));
    try(read_id(&outside, &out->outside, error));
    return read_id(&size, &out->size, error);
}

static int read_id_maps(struct arena *arena, const struct place *linux_, const char *name,
                        const struct config *config, id_maps *out, struct error *error) {
    struct place at = place_member(linux_, name);
    read_list(&at, arena, out, read_id_map, error);
    bool unshares = config_unshares(config, CLONE_NEWUSER);
    if (unshares && out->count == 0)
        return fail_at(&at, error, "is required for a new user namespace");
    if (!unshares && out->count > 0)
        return fail_at(&at, error, "needs a new user namespace in linux.namespaces");
    return 0;
}

static int read_device(struct arena *arena, const struct place *at, struct device *out, struct error *error) {
    (void)arena;
    try(read_object(at, error));
    struct place path = place_member(at, "path"), type = place_member(at, "type"),
                 mode = place_member(at, "fileMode");
    struct place major = place_member(at, "major"), minor = place_member(at, "minor");
    struct place uid = place_member(at, "uid"), gid = place_member(at, "gid");
    uint64_t kind = 0, number_major = 0, number_minor = 0, permissions = 0666;
    try(read_absolute_path(&path, &out->path, error));
    if (type.json == NULL)
        return fail_absent(&type, error);
    try(read_word(&type, device_words, &kind, error));
    if (kind != S_IFIFO && major.json == NULL)
        return fail_absent(&major, error);
    if (kind != S_IFIFO && minor.json == NULL)
        return fail_absent(&minor, error);
    try(read_unsigned(&major, 4095, &number_major, error));    // 12 bits in the kernel
    try(read_unsigned(&minor, 1048575, &number_minor, error)); // 20 bits
    // Engines hand on st_mode with its file type.
    try(read_unsigned(&mode, 0177777, &permissions, error));
    try(read_id(&uid, &out->uid, error));
    try(read_id(&gid, &out->gid, error));
    out->kind = (mode_t)kind;
    out->major = (unsigned)number_major;
    out->minor = (unsigned)number_minor;
    out->mode = (mode_t)permissions & 07777;
    return 0;
}

static int read_time_offset(const struct place *offsets, const char *clock, struct time_offset *out,
                            struct error *error) {
    struct place at = place_member(offsets, clock);
    int present = read_object(&at, error);
    if (present <= 0)
        return present;
    struct place secs = place_member(&at, "secs"), nanosecs = place_member(&at, "nanosecs");
    uint64_t nanoseconds = 0;
    try(read_signed(&secs, INT64_MIN + 1, INT64_MAX, &out->seconds, error));
    try(read_unsigned(&nanosecs, 999999999, &nanoseconds, error));
    out->nanoseconds = (uint32_t)nanoseconds;
    out->set = true;
    return 0;
}

// A sysctl outside the container's namespaces would change the host.
static int check_sysctl(const struct place *sysctls, const char *name, const struct config *config,
                        struct error *error) {
    static const struct {
        const char *prefix;
        int flag;
    } namespaced[] = {
        {"kernel.shm", CLONE_NEWIPC}, {"kernel.msg", CLONE_NEWIPC},        {"kernel.sem", CLONE_NEWIPC},
        {"fs.mqueue.", CLONE_NEWIPC}, {"kernel.domainname", CLONE_NEWUTS}, {"kernel.hostname", CLONE_NEWUTS},
        {"net.", CLONE_NEWNET},
    };
    struct place at = place_member(sysctls, name);
    for (const char *part = name; part != NULL; part = strpbrk(part + 1, "./"))
        if (strncmp(part, "..", 2) == 0 || strncmp(part, "/.", 2) == 0)
            return fail_at(&at, error, "is not the name of a sysctl");
    for (size_t i = 0; i < sizeof namespaced / sizeof *namespaced; i++)
        if (strncmp(name, namespaced[i].prefix, strlen(namespaced[i].prefix)) == 0 &&
            config_namespace(config, namespaced[i].flag) != NULL)
            return 0;
    return fail_at(&at, error, "does not belong to a namespace of the container, and would change the host");
}

static int read_sysctls(struct arena *arena, const struct place *at, struct config *out,
                        struct error *error) {
    try(read_pairs(arena, at, &out->sysctls, error));
    for (size_t i = 0; i < out->sysctls.count; i++)
        try(check_sysctl(at, out->sysctls.items[i].name, out, error));
    return 0;
}

static int read_absolute_paths(struct arena *arena, const struct place *at, struct strings *out,
                               struct error *error) {
    try(read_strings(at, arena, out, error));
    for (size_t i = 0; i < out->count; i++)
        if (out->items[i][0] != '/') {
            struct place element = place_element(at, i, NULL);
            return fail_at(&element, error, "expected an absolute path, found \"%.60s\"", out->items[i]);
        }
    return 0;
}

int read_linux(struct arena *arena, const struct place *at, const char *text, struct config *out,
               struct error *error) {
    int present = read_object(at, error);
    if (present < 0)
        return present;
    if (present == 0)
        return fail_absent(at, error);
    struct place namespaces = place_member(at, "namespaces"), devices = place_member(at, "devices");
    struct place cgroups_path = place_member(at, "cgroupsPath"), resources = place_member(at, "resources");
    struct place propagation = place_member(at, "rootfsPropagation"), seccomp = place_member(at, "seccomp");
    struct place masked = place_member(at, "maskedPaths"), readonly = place_member(at, "readonlyPaths");
    struct place sysctl = place_member(at, "sysctl"), offsets = place_member(at, "timeOffsets");

    try(read_namespaces(arena, &namespaces, out, error));
    try(read_id_maps(arena, at, "uidMappings", out, &out->uid_maps, error));
    try(read_id_maps(arena, at, "gidMappings", out, &out->gid_maps, error));
    read_list(&devices, arena, &out->devices, read_device, error);
    try(read_string(&cgroups_path, &out->cgroups_path, error));
    try(read_resources(arena, &resources, out, error));
    try(read_word(&propagation, propagation_words, &out->root_propagation, error));
    try(read_seccomp(arena, &seccomp, text, &out->seccomp, error));
    try(read_absolute_paths(arena, &masked, &out->masked_paths, error));
    try(read_absolute_paths(arena, &readonly, &out->readonly_paths, error));
    try(read_sysctls(arena, &sysctl, out, error));
    if (read_object(&offsets, error) > 0) {
        if (!config_unshares(out, CLONE_NEWTIME))
            return fail_at(&offsets, error, "needs a new time namespace in linux.namespaces");
        try(read_time_offset(&offsets, "monotonic", &out->monotonic_offset, error));
        try(read_time_offset(&offsets, "boottime", &out->boottime_offset, error));
    }
    try(refuse_member(at, "mountLabel", error));
    try(refuse_member(at, "intelRdt", error));
    return refuse_member(at, "personality", error);
}
