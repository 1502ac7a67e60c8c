#include "namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "scope.h"
#include "sys.h"
#include "trace.h"

static const char *name_of(const struct namespace *namespace) {
    return word_name(namespace_words, (uint64_t) namespace->flag);
}

int namespaces_open(const struct config *config, struct joined_namespaces *out, struct error *error) {
    struct joined_namespaces joined;
    for (size_t i = 0; i < config->namespaces.count; i++)
        joined.fds[i] = -1;
    for (size_t i = 0; i < config->namespaces.count; i++) {
        const struct namespace *namespace = &config->namespaces.items[i];
        if (namespace->path == NULL)
            continue;
        joined.fds[i] = sys_openat(AT_FDCWD, namespace->path, O_RDONLY, 0);
        if (joined.fds[i] < 0) {
            fail_sys(error, joined.fds[i], "linux.namespaces[%zu].path: cannot open %s", i, namespace->path);
            namespaces_close(config, &joined);
            return -error->number;
        }
    }
    *out = joined;
    return 0;
}

void namespaces_close(const struct config *config, struct joined_namespaces *joined) {
    for (size_t i = 0; i < config->namespaces.count; i++)
        scope_close(&joined->fds[i]);
}

uint64_t namespaces_clone_flags(const struct config *config) {
    uint64_t flags = 0;
    for (size_t i = 0; i < config->namespaces.count; i++) {
        const struct namespace *namespace = &config->namespaces.items[i];
        // The time namespace was set for the child, so that its offsets could be; a cgroup namespace has its
        // root where its creator is, and the init is in its cgroup only when it is born.
        if (namespace->path == NULL && namespace->flag != CLONE_NEWTIME && namespace->flag != CLONE_NEWCGROUP)
            flags |= (uint64_t) namespace->flag;
    }
    return flags;
}

static int set_time_offsets(const struct config *config, struct error *error) {
    char text[160];
    const struct time_offset *monotonic = &config->monotonic_offset, *boottime = &config->boottime_offset;
    if (!monotonic->set && !boottime->set)
        return 0;
    snprintf(text, sizeof text, "monotonic %" PRId64 " %" PRIu32 "\nboottime %" PRId64 " %" PRIu32 "\n",
             monotonic->seconds, monotonic->nanoseconds, boottime->seconds, boottime->nanoseconds);
    int result = sys_write_text(AT_FDCWD, "/proc/self/timens_offsets", text);
    return result < 0 ? fail_sys(error, result, "linux.timeOffsets: the kernel refuses them") : 0;
}

int namespaces_set_for_child(const struct config *config, const struct joined_namespaces *joined,
                             struct error *error) {
    trace_step("namespaces");
    for (size_t i = 0; i < config->namespaces.count; i++) {
        const struct namespace *namespace = &config->namespaces.items[i];
        if (namespace->flag == CLONE_NEWTIME && namespace->path == NULL) {
            int result = sys_unshare(CLONE_NEWTIME, "time");
            if (result < 0)
                return fail_sys(error, result, "linux.namespaces[%zu]: this kernel has no time namespaces",
                                i);
            try(set_time_offsets(config, error));
        } else if (namespace->flag == CLONE_NEWPID && namespace->path != NULL) {
            int result = sys_setns(joined->fds[i], CLONE_NEWPID, "pid");
            if (result < 0)
                return fail_sys(error, result, "linux.namespaces[%zu].path: cannot join %s", i,
                                namespace->path);
        }
    }
    return 0;
}

// Hooks are the runtime's children too, and belong into its own namespaces.
int namespaces_restore(const struct config *config, struct error *error) {
    static const struct {
        int flag;
        const char *path;
    } own[] = {{CLONE_NEWPID, "/proc/self/ns/pid"}, {CLONE_NEWTIME, "/proc/self/ns/time"}};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        const struct namespace *namespace = config_namespace(config, own[i].flag);
        bool changed = namespace != NULL && (namespace->path != NULL) == (own[i].flag == CLONE_NEWPID);
        if (!changed)
            continue;
        owned_fd fd = sys_openat(AT_FDCWD, own[i].path, O_RDONLY, 0);
        int result = fd < 0 ? fd : sys_setns(fd, own[i].flag, "own");
        if (result < 0)
            return fail_sys(error, result, "cannot return to the runtime's own namespaces");
    }
    return 0;
}

int namespaces_join(const struct config *config, const struct joined_namespaces *joined,
                    struct error *error) {
    // The user namespace comes last: after it, the others would no longer let this process in.
    for (int users = 0; users < 2; users++) {
        for (size_t i = 0; i < config->namespaces.count; i++) {
            const struct namespace *namespace = &config->namespaces.items[i];
            if (namespace->path == NULL || namespace->flag == CLONE_NEWPID ||
                (namespace->flag == CLONE_NEWUSER) != (users == 1))
                continue;
            int result = sys_setns(joined->fds[i], namespace->flag, name_of(namespace));
            if (result < 0)
                return fail_sys(error, result, "linux.namespaces[%zu].path: cannot join %s", i,
                                namespace->path);
        }
    }
    return 0;
}

static int write_map(pid_t pid, const char *file, const id_maps *maps, struct error *error) {
    char path[48], text[4096];
    size_t length = 0;
    for (size_t i = 0; i < maps->count && length < sizeof text; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%u %u %u\n", maps->items[i].inside,
                                   maps->items[i].outside, maps->items[i].size);
    if (length >= sizeof text) // the kernel takes one page, in one write
        return fail(error, E2BIG, "linux.%s: too many entries",
                    file[0] == 'u' ? "uidMappings" : "gidMappings");
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    int result = sys_write_text(AT_FDCWD, path, text);
    return result < 0 ? fail_sys(error, result, "linux.%s: the kernel refuses them",
                                 file[0] == 'u' ? "uidMappings" : "gidMappings")
                      : 0;
}

int namespaces_map_ids(const struct config *config, pid_t pid, struct error *error) {
    try(write_map(pid, "uid_map", &config->uid_maps, error));
    return write_map(pid, "gid_map", &config->gid_maps, error);
}

int namespaces_loopback_up(struct error *error) {
    owned_fd fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fail_sys(error, -errno, "cannot open a socket to set the loopback interface up");
    struct ifreq request = {.ifr_flags = IFF_UP | IFF_RUNNING};
    strcpy(request.ifr_name, "lo");
    int result = traced("ioctl", "SIOCSIFFLAGS lo up", ioctl(fd, SIOCSIFFLAGS, &request));
    return result < 0 ? fail_sys(error, result, "cannot set the loopback interface up") : 0;
}
