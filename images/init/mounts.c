#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "descriptor.h"
#include "report.h"

static const struct {
    const char *type, *target, *options;
    unsigned long flags;
} mounts[] = {
    { "proc", "/proc", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC },
    { "sysfs", "/sys", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC },
    { "devtmpfs", "/dev", "mode=755", MS_NOSUID | MS_NOEXEC },
    { "devpts", "/dev/pts", "gid=5,mode=620,ptmxmode=666", MS_NOSUID | MS_NOEXEC },
    { "tmpfs", "/dev/shm", "mode=1777", MS_NOSUID | MS_NODEV },
    { "tmpfs", "/run", "mode=755", MS_NOSUID | MS_NODEV },
    { "cgroup2", "/sys/fs/cgroup", "nsdelegate", MS_NOSUID | MS_NODEV | MS_NOEXEC },
};

static int make_directory(const char *path)
{
    return mkdir(path, 0755) != 0 && errno != EEXIST ? -errno : 0;
}

int mounts_raise_root(void)
{
    int error = make_directory("/mnt");

    if (error != 0)
        return error;
    if (mount("/", "/mnt", NULL, MS_BIND, NULL) != 0 || chdir("/mnt") != 0 ||
        mount(".", "/", NULL, MS_MOVE, NULL) != 0 || chroot(".") != 0 || chdir("/") != 0)
        return -errno;
    return 0;
}

/* cgroup.controllers is "cpu memory pids\n"; cgroup.subtree_control wants "+cpu +memory +pids". */
static int hand_down_controllers(void)
{
    char available[256], wanted[512];
    size_t used = 0;
    SCOPED_FD from = open("/sys/fs/cgroup/cgroup.controllers", O_RDONLY | O_CLOEXEC);
    SCOPED_FD to = open("/sys/fs/cgroup/cgroup.subtree_control", O_WRONLY | O_CLOEXEC);
    ssize_t length = from < 0 || to < 0 ? -1 : read(from, available, sizeof available - 1);

    if (length < 0)
        return -errno;
    available[length] = '\0';
    for (char *rest = available, *name; (name = strsep(&rest, " \n")) != NULL;)
        if (*name != '\0')
            used += (size_t)snprintf(wanted + used, sizeof wanted - used, "+%s ", name);
    return write(to, wanted, used) < 0 ? -errno : 0;
}

/*
 * Whoever runs a program from a read-only mount cannot be made to overwrite it through /proc/PID/exe. hullrun sees to
 * that itself otherwise, by running itself again from such a mount, at every start of a container.
 */
static int protect_runtime(void)
{
    static const char path[] = "/usr/bin/hullrun";

    if (mount(path, path, NULL, MS_BIND, NULL) != 0)
        return errno == ENOENT ? 0 : -errno;
    return mount(NULL, path, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) != 0 ? -errno : 0;
}

int mounts_share(void)
{
    /* cache=loose: what is there never changes. A message holds 128 KiB of a file and 24 bytes of header. */
    static const char options[] = "trans=virtio,version=9p2000.L,access=any,cache=loose,msize=131096";
    static const char *const folders[] = { "/usr/share", "/usr/share/twinhull" };

    /* Where v86 has the device, if it has one. Without this question the kernel would complain on the console. */
    if (access("/sys/bus/pci/devices/0000:00:06.0", F_OK) != 0)
        return 0;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        int error = make_directory(folders[i]);
        if (error != 0)
            return error;
    }
    unsigned long flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOATIME;
    return mount("host9p", folders[1], "9p", flags, options) != 0 ? -errno : 0;
}

int mounts_all(void)
{
    int first_error = 0;

    for (size_t i = 0; i < sizeof mounts / sizeof mounts[0]; i++) {
        int error = make_directory(mounts[i].target);
        if (error == 0 &&
            mount(mounts[i].type, mounts[i].target, mounts[i].type, mounts[i].flags, mounts[i].options) != 0)
            error = -errno;
        if (error != 0) {
            report_failure(mounts[i].target, error);
            first_error = first_error != 0 ? first_error : error;
        }
    }

    int error = hand_down_controllers();
    if (error != 0)
        report_failure("cgroup controllers", error);
    first_error = first_error != 0 ? first_error : error;
    error = protect_runtime();
    if (error != 0)
        report_failure("hullrun", error);
    return first_error != 0 ? first_error : error;
}
