#include "rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "mounts.h"
#include "path.h"
#include "scope.h"
#include "sys.h"
#include "trace.h"

int rootfs_mount(const struct config *config, int *root, struct error *error) {
    trace_step("rootfs");
    // Never shared at this point: what is mounted for the container must not appear on the host.
    struct mount_attr attributes = {.propagation =
                                        config->root_propagation == MS_PRIVATE ? MS_PRIVATE : MS_SLAVE};
    int result = sys_mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &attributes);
    if (result < 0)
        return fail_sys(error, result, "cannot cut the mounts off from the host's");
    owned_fd target = sys_openat(AT_FDCWD, config->root_path, O_PATH | O_DIRECTORY, 0);
    if (target < 0)
        return fail_sys(error, target, "root.path: cannot open %s", config->root_path);
    owned_fd mount = mount_clone(AT_FDCWD, config->root_path, true, error);
    if (mount < 0)
        return mount;
    result = sys_move_mount(mount, target, config->root_path);
    if (result < 0)
        return fail_sys(error, result, "root.path: cannot mount %s on itself", config->root_path);
    *root = release_fd(&mount);
    return 0;
}

// The host's /dev/null, and really that: a file put in its place would be readable under every masked path.
static int open_null(struct error *error) {
    owned_fd fd = sys_openat(AT_FDCWD, "/dev/null", O_PATH | O_NOFOLLOW, 0);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) < 0 || !S_ISCHR(status.st_mode) || status.st_rdev != makedev(1, 3))
        return fail(error, ENODEV, "the host's /dev/null is not the null device; masked paths need it");
    return release_fd(&fd);
}

// One empty file system hides every masked directory.
static int hide_directory(int target, const char *path, int *empty, struct error *error) {
    owned_fd copy = -1;
    if (*empty < 0) {
        *empty = mount_new("tmpfs", "tmpfs", NULL, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
                           error);
        if (*empty < 0)
            return *empty;
    } else {
        copy = mount_clone(*empty, "", false, error);
        if (copy < 0)
            return copy;
    }
    int result = sys_move_mount(copy < 0 ? *empty : copy, target, path);
    return result < 0 ? fail_sys(error, result, "cannot hide %s", path) : 0;
}

static int hide_file(int target, const char *path, int *null, struct error *error) {
    if (*null < 0)
        try(*null = open_null(error));
    owned_fd copy = mount_clone(*null, "", false, error);
    if (copy < 0)
        return copy;
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
    int result = sys_mount_setattr(copy, "", AT_EMPTY_PATH, &attributes);
    if (result >= 0)
        result = sys_move_mount(copy, target, path);
    return result < 0 ? fail_sys(error, result, "cannot hide %s", path) : 0;
}

static int hide(int root, const char *path, int *null, int *empty, struct error *error) {
    owned_fd target = path_open(root, path);
    if (target == -ENOENT || target == -ENOTDIR)
        return 0; // this kernel or image does not have it
    if (target < 0)
        return fail_sys(error, target, "cannot resolve %s in the root", path);
    return path_is_directory(target) ? hide_directory(target, path, empty, error)
                                     : hide_file(target, path, null, error);
}

static int protect(int root, const char *path, struct error *error) {
    owned_fd target = path_open(root, path);
    if (target == -ENOENT || target == -ENOTDIR)
        return 0;
    if (target < 0)
        return fail_sys(error, target, "cannot resolve %s in the root", path);
    owned_fd copy = mount_clone(target, "", true, error);
    if (copy < 0)
        return copy;
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
    int result = sys_mount_setattr(copy, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes);
    if (result >= 0)
        result = sys_move_mount(copy, target, path);
    return result < 0 ? fail_sys(error, result, "cannot write-protect %s", path) : 0;
}

int rootfs_protect(const struct config *config, int root, struct error *error) {
    trace_step("masked paths");
    owned_fd null = -1;
    owned_fd empty = -1;
    for (size_t i = 0; i < config->masked_paths.count; i++) {
        int result = hide(root, config->masked_paths.items[i], &null, &empty, error);
        if (result < 0)
            return within(error, result, "linux.maskedPaths[%zu]", i);
    }
    trace_step("read-only paths");
    for (size_t i = 0; i < config->readonly_paths.count; i++) {
        int result = protect(root, config->readonly_paths.items[i], error);
        if (result < 0)
            return within(error, result, "linux.readonlyPaths[%zu]", i);
    }
    return 0;
}

int rootfs_enter(const struct config *config, int root, struct error *error) {
    trace_step("pivot root");
    int result = sys_fchdir(root);
    // The old root ends up mounted on top of the new one and is taken off again; no directory for it is
    // needed.
    if (result >= 0)
        result = sys_pivot_root(".", ".");
    if (result >= 0)
        result = sys_umount2(".", MNT_DETACH);
    if (result >= 0)
        result = sys_chdir("/");
    if (result < 0)
        return fail_sys(error, result, "cannot make %s the root", config->root_path);
    struct mount_attr attributes = {.attr_set = config->root_readonly ? MOUNT_ATTR_RDONLY : 0,
                                    .propagation = config->root_propagation};
    if (attributes.attr_set == 0 && attributes.propagation == 0)
        return 0;
    result = sys_mount_setattr(AT_FDCWD, "/", 0, &attributes);
    return result < 0 ? fail_sys(error, result, "root: cannot set its attributes") : 0;
}
