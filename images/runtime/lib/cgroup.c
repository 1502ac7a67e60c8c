#include "cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#include "cgroup-devices.h"
#include "mounts.h"
#include "scope.h"
#include "sys.h"
#include "trace.h"

#define GONE_WITHIN_MS 10000

// Version 2 alone, or beside version 1 as some hosts have it.
static const char *mount_point(void) {
    struct statfs status;
    bool unified = statfs("/sys/fs/cgroup", &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC;
    return unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/unified";
}

static int open_mount(struct error *error) {
    int fd = sys_openat(AT_FDCWD, mount_point(), O_PATH | O_DIRECTORY, 0);
    return fd >= 0 ? fd : fail_sys(error, fd, "cgroup v2 is not mounted on /sys/fs/cgroup");
}

// Paths come from configurations: nothing may lead out of the mount.
static int open_below(int mount, const char *path, int flags) {
    const char *relative = path + strspn(path, "/");
    return sys_openat2(mount, *relative == '\0' ? "." : relative, flags,
                       RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
}

int cgroup_path(struct arena *arena, const struct config *config, const char *id, const char **out,
                struct error *error) {
    const char *path = config->cgroups_path;
    if (path == NULL || path[0] == '\0') {
        *out = arena_format(arena, "/hullrun/%s", id);
        return 0;
    }
    if (strchr(path, ':') != NULL)
        return fail(
            error, EINVAL,
            "linux.cgroupsPath: expected a path; the systemd form slice:prefix:name is not supported");
    if (strstr(path, "..") != NULL || strlen(path) > 1000)
        return fail(error, EINVAL, "linux.cgroupsPath: expected a short path without \"..\"");
    *out = path[0] == '/' ? path : arena_format(arena, "/hullrun/%s", path);
    return 0;
}

// Makes the directory and the missing ones above it; 1 when it is new.
static int make(int mount, const char *path, struct error *error) {
    const char *relative = path + strspn(path, "/");
    int result = sys_mkdirat(mount, relative, 0755);
    if (result == -ENOENT) {
        char parent[1024];
        const char *slash = strrchr(relative, '/');
        if (slash != NULL && (size_t)(slash - relative) < sizeof parent) {
            snprintf(parent, sizeof parent, "%.*s", (int)(slash - relative), relative);
            try(make(mount, parent, error));
            result = sys_mkdirat(mount, relative, 0755);
        }
    }
    if (result == -EEXIST)
        return 0;
    return result < 0 ? fail_sys(error, result, "cannot make the cgroup %s", path) : 1;
}

// Lets the children of every cgroup above `path` have the controller.
static void enable(int mount, const char *path, const char *controller) {
    char word[48], above[1024];
    snprintf(word, sizeof word, "+%s", controller);
    for (const char *slash = path; slash != NULL; slash = strchr(slash + 1, '/')) {
        snprintf(above, sizeof above, "%.*s", (int)(slash - path), path);
        owned_fd fd = open_below(mount, above, O_PATH | O_DIRECTORY);
        if (fd >= 0)
            sys_write_text(fd, "cgroup.subtree_control", word);
    }
}

static int apply(int mount, int fd, const char *path, const struct cgroup_setting *setting,
                 struct error *error) {
    int result = sys_write_text(fd, setting->file, setting->value);
    if (result == -ENOENT) {
        // The first container below a parent: the parent does not hand the controller on yet.
        char controller[32];
        snprintf(controller, sizeof controller, "%.*s", (int)strcspn(setting->file, "."), setting->file);
        enable(mount, path, controller);
        result = sys_write_text(fd, setting->file, setting->value);
    }
    if (result == -ENOENT)
        return fail(error, ENOENT, "%s: this kernel's cgroups have no %s", setting->field, setting->file);
    return result < 0 ? fail_sys(error, result, "%s: cannot write \"%s\" to %s", setting->field,
                                 setting->value, setting->file)
                      : 0;
}

static bool file_says(int cgroup, const char *file, const char *line) {
    char text[256] = "";
    owned_fd fd = openat(cgroup, file, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    return length > 0 && strstr(text, line) != NULL;
}

int cgroup_create(const struct config *config, const char *path, struct error *error) {
    trace_step("cgroup");
    owned_fd mount = open_mount(error);
    if (mount < 0)
        return mount;
    int made = make(mount, path, error);
    if (made < 0)
        return made;
    owned_fd fd = open_below(mount, path, O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return fail_sys(error, fd, "cannot open the cgroup %s", path);
    if (made == 0 && file_says(fd, "cgroup.events", "populated 1"))
        return fail(error, EBUSY, "linux.cgroupsPath: other processes live in %s", path);
    for (size_t i = 0; i < config->cgroup_settings.count; i++)
        try(apply(mount, fd, path, &config->cgroup_settings.items[i], error));
    try(cgroup_devices_attach(config, fd, error));
    return release_fd(&fd);
}

int cgroup_open(const char *path, struct error *error) {
    owned_fd mount = open_mount(error);
    if (mount < 0)
        return mount;
    int fd = open_below(mount, path, O_RDONLY | O_DIRECTORY);
    return fd >= 0 ? fd : fail_sys(error, fd, "cannot open the cgroup %s", path);
}

// The kernel wakes whoever polls cgroup.events when a line of it changes.
static int await(int cgroup, const char *line, const char *what, struct error *error) {
    owned_fd events = openat(cgroup, "cgroup.events", O_RDONLY | O_CLOEXEC);
    if (events < 0)
        return fail_sys(error, -errno, "cannot watch the cgroup");
    while (!file_says(cgroup, "cgroup.events", line)) {
        char text[256];
        struct pollfd poller = {.fd = events, .events = POLLPRI};
        // A change counts from the last read of this very descriptor.
        if (pread(events, text, sizeof text - 1, 0) < 0)
            return fail_sys(error, -errno, "cannot watch the cgroup");
        if (file_says(cgroup, "cgroup.events", line))
            break;
        if (poll(&poller, 1, GONE_WITHIN_MS) == 0)
            return fail(error, ETIMEDOUT, "the container's processes are not %s after %d s", what,
                        GONE_WITHIN_MS / 1000);
    }
    return 0;
}

int cgroup_kill(const char *path, struct error *error) {
    owned_fd fd = cgroup_open(path, error);
    if (fd < 0)
        return fd;
    int result = sys_write_text(fd, "cgroup.kill", "1");
    if (result < 0)
        return fail_sys(error, result, "cannot kill the processes in %s", path);
    return await(fd, "populated 0", "gone", error);
}

// What the container has made below its cgroup, deepest first.
static void remove_children(int fd) {
    owned_fd listing = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = listing < 0 ? NULL : fdopendir(listing);
    if (directory == NULL)
        return;
    release_fd(&listing);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        owned_fd child = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (child >= 0)
            remove_children(child);
        unlinkat(fd, entry->d_name, AT_REMOVEDIR);
    }
    closedir(directory);
}

int cgroup_remove(const char *path, struct error *error) {
    owned_fd mount = open_mount(error);
    if (mount < 0)
        return mount;
    const char *relative = path + strspn(path, "/");
    int result = sys_unlinkat(mount, relative, AT_REMOVEDIR);
    if (result == -EBUSY || result == -ENOTEMPTY) {
        try(cgroup_kill(path, error));
        owned_fd fd = open_below(mount, path, O_RDONLY | O_DIRECTORY);
        if (fd >= 0)
            remove_children(fd);
        result = sys_unlinkat(mount, relative, AT_REMOVEDIR);
    }
    return result < 0 && result != -ENOENT ? fail_sys(error, result, "cannot remove the cgroup %s", path) : 0;
}

int cgroup_freeze(const char *path, bool freeze, struct error *error) {
    owned_fd fd = cgroup_open(path, error);
    if (fd < 0)
        return fd;
    int result = sys_write_text(fd, "cgroup.freeze", freeze ? "1" : "0");
    if (result < 0)
        return fail_sys(error, result, "cannot %s the container", freeze ? "pause" : "resume");
    return await(fd, freeze ? "frozen 1" : "frozen 0", freeze ? "frozen" : "running", error);
}

int cgroup_is_frozen(const char *path) {
    struct error ignored;
    owned_fd fd = cgroup_open(path, &ignored);
    return fd >= 0 && file_says(fd, "cgroup.freeze", "1");
}

int cgroup_pids(struct arena *arena, const char *path, pid_list *out, struct error *error) {
    owned_fd cgroup = cgroup_open(path, error);
    if (cgroup < 0)
        return cgroup;
    owned_fd fd = sys_openat(cgroup, "cgroup.procs", O_RDONLY, 0);
    if (fd < 0)
        return fail_sys(error, fd, "cannot list the processes in %s", path);
    size_t size = 64 * 1024; // more than 8,000 processes; a list beyond is cut
    char *text = arena_alloc(arena, size);
    size_t length = 0;
    for (ssize_t count; length < size - 1 && (count = read(fd, text + length, size - 1 - length)) > 0;)
        length += (size_t)count;
    pid_list pids = {.items = arena_alloc(arena, (length / 2 + 1) * sizeof(pid_t))};
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
        pids.items[pids.count++] = (pid_t)strtol(line, NULL, 10);
    *out = pids;
    return 0;
}

int cgroup_bind_own(struct error *error) {
    char text[4096] = "", path[4200];
    owned_fd fd = sys_openat(AT_FDCWD, "/proc/self/cgroup", O_RDONLY, 0);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    char *own = length > 0 ? strstr(text, "0::/") : NULL;
    if (own == NULL)
        return fail(error, ENOENT, "cannot tell the cgroup of the container from /proc/self/cgroup");
    own[strcspn(own, "\n")] = '\0';
    snprintf(path, sizeof path, "%s%s", mount_point(), own + strlen("0::"));
    return mount_clone(AT_FDCWD, path, false, error);
}
