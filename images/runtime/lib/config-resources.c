// https://docs.kernel.org/admin-guide/cgroup-v2.html: the specification's resources, which speak of cgroup
// v1, as the files of cgroup v2 and what goes into them.
#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include "config-parts.h"

// Settings that have no counterpart in cgroup v2 (kernel memory, swappiness, OOM killer, network classes) are
// not read: engines send them with every container.
#define MAX_SETTINGS 64

struct settings {
    struct arena *arena;
    struct config *config;
};

static int add(struct settings *settings, const char *field, const char *file, const char *value,
               struct error *error) {
    struct config *config = settings->config;
    if (config->cgroup_settings.items == NULL)
        config->cgroup_settings.items =
            arena_alloc(settings->arena, MAX_SETTINGS * sizeof(struct cgroup_setting));
    if (config->cgroup_settings.count == MAX_SETTINGS)
        return fail(error, EINVAL, "linux.resources: more than %d settings", MAX_SETTINGS);
    config->cgroup_settings.items[config->cgroup_settings.count++] =
        (struct cgroup_setting){field, file, value};
    return 0;
}

// -1 means "no limit", here as in the specification.
static int add_limit(struct settings *settings, const char *field, const char *file, int64_t value,
                     struct error *error) {
    if (value == -1)
        return add(settings, field, file, "max", error);
    return add(settings, field, file, arena_format(settings->arena, "%" PRId64, value), error);
}

static int read_memory(struct settings *settings, const struct place *at, struct error *error) {
    int present = read_object(at, error);
    if (present <= 0)
        return present;
    struct place limit = place_member(at, "limit"), reservation = place_member(at, "reservation");
    struct place swap = place_member(at, "swap");
    // 0 is how engines say "not set".
    int64_t bytes = 0, low = 0, with_swap = 0;
    try(read_signed(&limit, -1, INT64_MAX, &bytes, error));
    try(read_signed(&reservation, -1, INT64_MAX, &low, error));
    try(read_signed(&swap, -1, INT64_MAX, &with_swap, error));
    if (bytes != 0)
        try(add_limit(settings, "linux.resources.memory.limit", "memory.max", bytes, error));
    if (low != 0)
        try(add_limit(settings, "linux.resources.memory.reservation", "memory.low", low, error));
    if (with_swap > 0 && (bytes <= 0 || with_swap < bytes))
        return fail_at(&swap, error,
                       "counts memory and swap together: it needs a limit, and cannot be below it");
    // A guest without swap has no memory.swap.max; swap equal to the limit asks for what is so anyway.
    if (with_swap > bytes)
        try(add_limit(settings, "linux.resources.memory.swap", "memory.swap.max", with_swap - bytes, error));
    return 0;
}

static int read_cpu(struct settings *settings, const struct place *at, struct error *error) {
    int present = read_object(at, error);
    if (present <= 0)
        return present;
    struct place shares = place_member(at, "shares"), quota = place_member(at, "quota");
    struct place period = place_member(at, "period"), burst = place_member(at, "burst"),
                 idle = place_member(at, "idle");
    struct place cpus = place_member(at, "cpus"), mems = place_member(at, "mems");
    uint64_t weight = 0, period_us = 0, burst_us = 0;
    int64_t quota_us = 0, idles = 0;
    const char *cpu_list = "", *mem_list = "";
    try(read_unsigned(&shares, 262144, &weight, error));
    try(read_signed(&quota, -1, INT64_MAX, &quota_us, error));
    try(read_unsigned(&period, UINT64_MAX, &period_us, error));
    try(read_unsigned(&burst, UINT64_MAX, &burst_us, error));
    try(read_signed(&idle, 0, 1, &idles, error));
    try(read_string(&cpus, &cpu_list, error));
    try(read_string(&mems, &mem_list, error));
    struct arena *arena = settings->arena;
    if (weight == 1)
        return fail_at(&shares, error, "expected 2 to 262144, found 1");
    if (weight != 0) // 2..262144 of version 1 on 1..10000 of version 2, as every runtime maps them
        try(add(settings, "linux.resources.cpu.shares", "cpu.weight",
                arena_format(arena, "%" PRIu64, 1 + (weight - 2) * 9999 / 262142), error));
    if (quota_us > 0 || period_us > 0) {
        uint64_t length = period_us > 0 ? period_us : 100000; // the kernel's default period
        const char *value = quota_us > 0 ? arena_format(arena, "%" PRId64 " %" PRIu64, quota_us, length)
                                         : arena_format(arena, "max %" PRIu64, length);
        try(add(settings, "linux.resources.cpu.quota", "cpu.max", value, error));
    }
    if (burst_us > 0)
        try(add(settings, "linux.resources.cpu.burst", "cpu.max.burst",
                arena_format(arena, "%" PRIu64, burst_us), error));
    if (idles != 0)
        try(add(settings, "linux.resources.cpu.idle", "cpu.idle", "1", error));
    if (cpu_list[0] != '\0')
        try(add(settings, "linux.resources.cpu.cpus", "cpuset.cpus", cpu_list, error));
    if (mem_list[0] != '\0')
        try(add(settings, "linux.resources.cpu.mems", "cpuset.mems", mem_list, error));
    return 0;
}

static int read_pids(struct settings *settings, const struct place *at, struct error *error) {
    int present = read_object(at, error);
    if (present <= 0)
        return present;
    struct place limit = place_member(at, "limit");
    int64_t count = 0;
    try(read_signed(&limit, -1, INT64_MAX, &count, error));
    return count == 0 ? 0 : add_limit(settings, "linux.resources.pids.limit", "pids.max", count, error);
}

static int read_block_io(struct settings *settings, const struct place *at, struct error *error) {
    int present = read_object(at, error);
    if (present <= 0)
        return present;
    struct place weight = place_member(at, "weight");
    uint64_t value = 0;
    try(read_unsigned(&weight, 1000, &value, error));
    if (value == 0)
        return 0;
    if (value < 10)
        return fail_at(&weight, error, "expected 10 to 1000, found %" PRIu64, value);
    return add(settings, "linux.resources.blockIO.weight", "io.weight",
               arena_format(settings->arena, "default %" PRIu64, 1 + (value - 10) * 9999 / 990), error);
}

static int read_unified(struct settings *settings, const struct place *at, struct error *error) {
    pairs files = {0};
    try(read_pairs(settings->arena, at, &files, error));
    for (size_t i = 0; i < files.count; i++) {
        struct place member = place_member(at, files.items[i].name);
        // "memory.high": a controller, a dot, a name; never a path.
        if (strchr(files.items[i].name, '/') != NULL ||
            strchr(files.items[i].name, '.') <= files.items[i].name)
            return fail_at(&member, error, "is not the name of a cgroup file");
        const char *field = arena_format(settings->arena, "linux.resources.unified.%s", files.items[i].name);
        try(add(settings, field, files.items[i].name, files.items[i].value, error));
    }
    return 0;
}

static int read_device_rule(struct arena *arena, const struct place *at, struct device_rule *out,
                            struct error *error) {
    (void)arena;
    static const struct word kinds[] = {{"a", 'a'}, {"b", 'b'}, {"c", 'c'}, {NULL, 0}};
    try(read_object(at, error));
    struct place allow = place_member(at, "allow"), type = place_member(at, "type");
    struct place major = place_member(at, "major"), minor = place_member(at, "minor"),
                 access = place_member(at, "access");
    if (allow.json == NULL)
        return fail_absent(&allow, error);
    uint64_t kind = 'a';
    const char *letters = "rwm";
    out->major = out->minor = DEVICE_ANY;
    try(read_bool(&allow, &out->allow, error));
    try(read_word(&type, kinds, &kind, error));
    try(read_signed(&major, DEVICE_ANY, 4095, &out->major, error));
    try(read_signed(&minor, DEVICE_ANY, 1048575, &out->minor, error));
    try(read_string(&access, &letters, error));
    out->kind = (char)kind;
    for (const char *letter = letters; *letter != '\0'; letter++) {
        if (*letter == 'r')
            out->access |= BPF_DEVCG_ACC_READ;
        else if (*letter == 'w')
            out->access |= BPF_DEVCG_ACC_WRITE;
        else if (*letter == 'm')
            out->access |= BPF_DEVCG_ACC_MKNOD;
        else
            return fail_at(&access, error, "expected letters out of rwm, found \"%.40s\"", letters);
    }
    if (out->access == 0)
        return fail_at(&access, error, "expected letters out of rwm, found none");
    return 0;
}

int read_resources(struct arena *arena, const struct place *at, struct config *out, struct error *error) {
    int present = read_object(at, error);
    if (present <= 0)
        return present;
    struct settings settings = {arena, out};
    struct place devices = place_member(at, "devices"), memory = place_member(at, "memory");
    struct place cpu = place_member(at, "cpu"), pids = place_member(at, "pids");
    struct place block_io = place_member(at, "blockIO"), unified = place_member(at, "unified");
    read_list(&devices, arena, &out->device_rules, read_device_rule, error);
    try(read_memory(&settings, &memory, error));
    try(read_cpu(&settings, &cpu, error));
    try(read_pids(&settings, &pids, error));
    try(read_block_io(&settings, &block_io, error));
    return read_unified(&settings, &unified, error);
}
