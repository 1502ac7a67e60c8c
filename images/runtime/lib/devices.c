#include "devices.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "mounts.h"
#include "path.h"
#include "scope.h"
#include "sys.h"
#include "trace.h"

static const struct device default_devices[] = {
    {"/dev/null", S_IFCHR, 1, 3, 0666, 0, 0},    {"/dev/zero", S_IFCHR, 1, 5, 0666, 0, 0},
    {"/dev/full", S_IFCHR, 1, 7, 0666, 0, 0},    {"/dev/random", S_IFCHR, 1, 8, 0666, 0, 0},
    {"/dev/urandom", S_IFCHR, 1, 9, 0666, 0, 0}, {"/dev/tty", S_IFCHR, 5, 0, 0666, 0, 0},
};

static const struct {
    const char *name, *target;
} links[] = {
    {"fd", "/proc/self/fd"},       {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"},
    {"stderr", "/proc/self/fd/2"}, {"ptmx", "pts/ptmx"},
};

static bool is_device(const struct stat *status, const struct device *device) {
    return (status->st_mode & S_IFMT) == device->kind &&
           (device->kind == S_IFIFO || status->st_rdev == makedev(device->major, device->minor));
}

// Inside a user namespace nobody may make devices; the host's own is mounted instead.
static int bind_device(const struct device *device, int root, struct error *error) {
    owned_fd host = sys_openat(AT_FDCWD, device->path, O_PATH | O_NOFOLLOW, 0);
    struct stat status;
    if (host < 0 || fstat(host, &status) < 0 || !is_device(&status, device))
        return fail(error, ENODEV, "the host has no such device at %s", device->path);
    owned_fd target = path_make_file(root, device->path, error);
    if (target < 0)
        return target;
    owned_fd copy = mount_clone(host, "", false, error);
    if (copy < 0)
        return copy;
    int result = sys_move_mount(copy, target, device->path);
    return result < 0 ? fail_sys(error, result, "cannot mount %s", device->path) : 0;
}

static int make_device(const struct device *device, int root, struct error *error) {
    const char *name;
    owned_fd parent = path_make_parent(root, device->path, &name, error);
    if (parent < 0)
        return parent;
    int result =
        sys_mknodat(parent, name, device->kind | device->mode, makedev(device->major, device->minor));
    if (result == -EPERM)
        return bind_device(device, root, error);
    struct stat status;
    if (result == -EEXIST && fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        is_device(&status, device))
        return 0;
    if (result < 0)
        return fail_sys(error, result, "cannot make the device %s", device->path);
    if (device->uid != 0 || device->gid != 0)
        result = sys_fchownat(parent, name, device->uid, device->gid);
    return result < 0 ? fail_sys(error, result, "cannot give %s its owner", device->path) : 0;
}

static bool configured(const struct config *config, const char *path) {
    for (size_t i = 0; i < config->devices.count; i++)
        if (strcmp(config->devices.items[i].path, path) == 0)
            return true;
    return false;
}

// With the host's /dev mounted, everything is there, and new nodes would appear on the host.
static bool host_dev_mounted(const struct config *config) {
    for (size_t i = 0; i < config->mounts.count; i++) {
        const struct mount *mount = &config->mounts.items[i];
        if (strcmp(mount->destination, "/dev") != 0)
            continue;
        if (mount->type != NULL && strcmp(mount->type, "bind") == 0)
            return true;
        for (size_t j = 0; j < mount->options.count; j++)
            if (strcmp(mount->options.items[j], "bind") == 0 || strcmp(mount->options.items[j], "rbind") == 0)
                return true;
    }
    return false;
}

int devices_make(const struct config *config, int root, struct error *error) {
    if (host_dev_mounted(config))
        return 0;
    trace_step("devices");
    for (size_t i = 0; i < sizeof default_devices / sizeof *default_devices; i++)
        if (!configured(config, default_devices[i].path))
            try(make_device(&default_devices[i], root, error));
    for (size_t i = 0; i < config->devices.count; i++) {
        int result = make_device(&config->devices.items[i], root, error);
        if (result < 0)
            return within(error, result, "linux.devices[%zu]", i);
    }
    owned_fd dev = path_make_directory(root, "/dev", error);
    if (dev < 0)
        return dev;
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        int result = sys_symlinkat(links[i].target, dev, links[i].name);
        if (result < 0 && result != -EEXIST)
            return fail_sys(error, result, "cannot make the link /dev/%s", links[i].name);
    }
    return 0;
}
