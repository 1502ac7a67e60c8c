#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/vfs.h>

#include "cgroup.h"
#include "mount-options.h"
#include "path.h"
#include "scope.h"
#include "sys.h"
#include "trace.h"

int mount_clone(int directory, const char *path, bool recursive, struct error *error) {
    unsigned flags = OPEN_TREE_CLONE | (recursive ? AT_RECURSIVE : 0) | (path[0] == '\0' ? AT_EMPTY_PATH : 0);
    int fd = sys_open_tree(directory, path, flags);
    return fd >= 0 ? fd : fail_sys(error, fd, "cannot bind %s", path);
}

static int configure(int context, const char *option, struct error *error) {
    char key[64];
    const char *equals = strchr(option, '=');
    int result;
    if (equals == NULL) {
        result = sys_fsconfig_flag(context, option);
    } else {
        size_t length = (size_t)(equals - option);
        if (length >= sizeof key)
            return fail(error, EINVAL, "option \"%.40s\": its name is too long", option);
        memcpy(key, option, length);
        key[length] = '\0';
        result = sys_fsconfig_string(context, key, equals + 1);
    }
    return result < 0 ? fail_sys(error, result, "option \"%.80s\"", option) : 0;
}

int mount_new(const char *type, const char *source, const struct strings *data, uint64_t attributes,
              struct error *error) {
    owned_fd context = sys_fsopen(type);
    if (context < 0)
        return fail_sys(error, context, "no file system of type \"%.40s\"", type);
    if (source != NULL) {
        int result = sys_fsconfig_string(context, "source", source);
        if (result < 0)
            return fail_sys(error, result, "source \"%.80s\"", source);
    }
    for (size_t i = 0; data != NULL && i < data->count; i++)
        try(configure(context, data->items[i], error));
    int result = sys_fsconfig_create(context);
    if (result < 0)
        return fail_sys(error, result, "cannot make a file system of type %s", type);
    int fd = sys_fsmount(context, (unsigned)attributes);
    return fd >= 0 ? fd : fail_sys(error, fd, "cannot mount a file system of type %s", type);
}

static int set_attributes(int fd, const struct mount_options *options, struct error *error) {
    struct mount_attr own = {.attr_set = options->set, .attr_clr = options->clear};
    struct mount_attr below = {.attr_set = options->recursive_set, .attr_clr = options->recursive_clear};
    struct mount_attr propagation = {.propagation = options->propagation};
    int result = 0;
    if (own.attr_set != 0 || own.attr_clr != 0)
        result = sys_mount_setattr(fd, "", AT_EMPTY_PATH, &own);
    if (result >= 0 && (below.attr_set != 0 || below.attr_clr != 0))
        result = sys_mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &below);
    if (result >= 0 && propagation.propagation != 0)
        result = sys_mount_setattr(
            fd, "", AT_EMPTY_PATH | (options->propagation_recursive ? AT_RECURSIVE : 0), &propagation);
    return result < 0 ? fail_sys(error, result, "cannot set the mount's attributes") : 0;
}

static bool has_type(const struct mount *mount, const char *type) {
    return mount->type != NULL && strcmp(mount->type, type) == 0;
}

// The detached mount, with all attributes.
static int make_source(const struct config *config, const struct mount *mount,
                       const struct mount_options *options, const struct strings *data, struct error *error) {
    if (options->bind) {
        if (mount->source == NULL)
            return fail(error, EINVAL, "source: is required for a bind mount");
        // A relative source is relative to the bundle, which is the working directory.
        return mount_clone(AT_FDCWD, mount->source, options->bind_recursive, error);
    }
    if (mount->type == NULL)
        return fail(error, EINVAL, "type: is required unless the mount is a bind mount");
    if (has_type(mount, "cgroup") || has_type(mount, "cgroup2")) {
        // Without a cgroup namespace a new mount would show the host's whole tree.
        if (config_namespace(config, CLONE_NEWCGROUP) == NULL)
            return cgroup_bind_own(error);
        return mount_new("cgroup2", "cgroup", NULL, options->set, error);
    }
    int fd = mount_new(mount->type, mount->source, data, options->set, error);
    // A user namespace may mount sysfs only for a network namespace of its own; the host's is shown instead.
    if (fd == -EPERM && has_type(mount, "sysfs"))
        return mount_clone(AT_FDCWD, "/sys", true, error);
    return fd;
}

// What lies in /proc steers the host or the runtime; images have no business there. These are what container
// engines replace to show the container's own limits.
static bool allowed_in_proc(const char *path) {
    static const char *const files[] = {
        "/proc/cpuinfo", "/proc/diskstats", "/proc/loadavg", "/proc/meminfo", "/proc/slabinfo",
        "/proc/stat",    "/proc/swaps",     "/proc/uptime",  "/proc/net/dev", "/proc/sys/kernel/ns_last_pid",
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (strcmp(path, files[i]) == 0)
            return true;
    return false;
}

static int open_target(const struct mount *mount, int root, int source, struct error *error) {
    const char *path = mount->destination;
    if (has_type(mount, "proc") || has_type(mount, "sysfs")) {
        int fd = path_open_plain(root, path);
        if (fd == -ELOOP)
            return fail(error, ELOOP,
                        "destination: leads through a symbolic link of the image; %s must be a directory",
                        path);
        if (fd != -ENOENT)
            return fd >= 0 ? fd : fail_sys(error, fd, "destination: cannot resolve %s in the root", path);
    }
    int fd = path_is_directory(source) ? path_make_directory(root, path, error)
                                       : path_make_file(root, path, error);
    if (fd < 0)
        return fd;
    struct statfs status;
    if (!has_type(mount, "proc") && fstatfs(fd, &status) == 0 && status.f_type == PROC_SUPER_MAGIC &&
        !allowed_in_proc(mount->destination)) {
        close(fd);
        return fail(error, EPERM, "destination: lies in /proc, where nothing may be mounted");
    }
    return fd;
}

static int make_mount(const struct config *config, const struct mount *mount, int root, int *pts,
                      struct error *error) {
    const char *words[mount->options.count + 1];
    struct strings data = {.items = words};
    struct mount_options options;
    try(mount_options_read(mount, &options, &data, error));
    if (options.remount) {
        owned_fd target = path_open(root, mount->destination);
        if (target < 0)
            return fail_sys(error, target, "destination");
        return set_attributes(target, &options, error);
    }
    owned_fd source = make_source(config, mount, &options, &data, error);
    if (source < 0)
        return source;
    if (!options.bind)
        options.set = options.clear = 0; // a new mount was made with them
    try(set_attributes(source, &options, error));
    owned_fd target = open_target(mount, root, source, error);
    if (target < 0)
        return target;
    int result = sys_move_mount(source, target, mount->destination);
    if (result < 0)
        return fail_sys(error, result, "cannot mount on %s", mount->destination);
    if (has_type(mount, "devpts") && *pts < 0)
        *pts = release_fd(&source);
    return 0;
}

int mounts_make(const struct config *config, int root, int *pts, struct error *error) {
    for (size_t i = 0; i < config->mounts.count; i++) {
        const struct mount *mount = &config->mounts.items[i];
        trace_step(mount->destination);
        int result = make_mount(config, mount, root, pts, error);
        if (result < 0)
            return within(error, result, "mounts[%zu] (%s)", i, mount->destination);
    }
    return 0;
}
