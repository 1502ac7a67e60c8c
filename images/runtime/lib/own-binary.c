#include "own-binary.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "scope.h"
#include "sys.h"

int own_binary_protect(char **arguments, struct error *error) {
    owned_fd binary = sys_openat(AT_FDCWD, "/proc/self/exe", O_PATH, 0);
    struct statvfs status;
    if (binary < 0 || fstatvfs(binary, &status) < 0)
        return fail_sys(error, binary < 0 ? binary : -errno,
                        "cannot look at /proc/self/exe; is /proc mounted?");
    if (status.f_flag & ST_RDONLY)
        return 0;
    // A mount of this one file that nobody else can reach. The kernel checks writing against the mount
    // through which a file was opened, so /proc/PID/exe of whoever runs from here cannot be written, not even
    // by root.
    owned_fd mount = sys_open_tree(binary, "", OPEN_TREE_CLONE | AT_EMPTY_PATH);
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
    int result = mount < 0 ? mount : sys_mount_setattr(mount, "", AT_EMPTY_PATH, &attributes);
    if (result < 0)
        return fail_sys(error, result,
                        "cannot write-protect the runtime against the container; is this root?");
    syscall(SYS_execveat, mount, "", arguments, environ, AT_EMPTY_PATH);
    return fail_sys(error, -errno, "cannot run the write-protected runtime");
}
