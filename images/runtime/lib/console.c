#include "console.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <termios.h>

#include "message.h"
#include "mounts.h"
#include "path.h"
#include "scope.h"
#include "sys.h"
#include "trace.h"

static int connect_to(const char *path, struct error *error) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return fail(error, ENAMETOOLONG, "--console-socket: the path is longer than a socket's can be");
    strcpy(address.sun_path, path);
    owned_fd fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        return fail_sys(error, -errno, "--console-socket: cannot connect to %s", path);
    return release_fd(&fd);
}

int console_prepare(const struct process *process, const char *path, bool relay, int *sending, int *receiving,
                    struct error *error) {
    if (!process->terminal)
        return path == NULL ? 0 : fail(error, EINVAL, "--console-socket: process.terminal is not set");
    if (path == NULL && !relay)
        return fail(error, EINVAL,
                    "process.terminal is set: --console-socket must say who gets the terminal");
    if (path != NULL) {
        int fd = connect_to(path, error);
        if (fd >= 0)
            *sending = fd;
        return fd < 0 ? fd : 0;
    }
    int pair[2];
    try(message_pair(pair, error));
    *sending = pair[0];
    *receiving = pair[1];
    return 0;
}

static int send_master(int socket, int master, struct error *error) {
    char name[] = "/dev/ptmx"; // the message's bytes, as in runc; nobody relies on them
    struct iovec bytes = {name, sizeof name - 1};
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr aligned;
    } control = {0};
    struct msghdr message = {.msg_iov = &bytes,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof master);
    memcpy(CMSG_DATA(header), &master, sizeof master);
    int result = traced("sendmsg", "the terminal's master", sendmsg(socket, &message, MSG_NOSIGNAL));
    return result < 0 ? fail_sys(error, result, "cannot send the terminal to the console socket") : 0;
}

int console_receive(int socket, struct error *error) {
    char name[64];
    struct iovec bytes = {name, sizeof name};
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr aligned;
    } control;
    struct msghdr message = {.msg_iov = &bytes,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    int master;
    ssize_t length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    struct cmsghdr *header = length > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (header == NULL || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof master))
        return fail(error, EPROTO, "the container sent no terminal");
    memcpy(&master, CMSG_DATA(header), sizeof master);
    return master;
}

// The slave by way of its mount and not of its path: /dev/console may be anything in a hostile image.
static int mount_console(int slave, int root, struct error *error) {
    owned_fd target = path_make_file(root, "/dev/console", error);
    if (target < 0)
        return target;
    owned_fd copy = mount_clone(slave, "", false, error);
    if (copy < 0)
        return copy;
    int result = sys_move_mount(copy, target, "/dev/console");
    return result < 0 ? fail_sys(error, result, "cannot mount the terminal on /dev/console") : 0;
}

// Without the mount at hand the running container's is taken, which may have put anything in its place.
static int open_master(int pts, struct error *error) {
    owned_fd found =
        pts >= 0 ? -1 : sys_openat2(AT_FDCWD, "/dev/pts", O_PATH | O_DIRECTORY, RESOLVE_NO_SYMLINKS);
    owned_fd master = sys_openat2(pts >= 0 ? pts : found, "ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK,
                                  RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
    struct statfs status;
    int unlock = 0;
    if (master < 0 || fstatfs(master, &status) < 0 || status.f_type != DEVPTS_SUPER_MAGIC ||
        ioctl(master, TIOCSPTLCK, &unlock) < 0 || fcntl(master, F_SETFL, O_RDWR) < 0)
        return fail(error, ENODEV,
                    "process.terminal: cannot make a terminal; is devpts mounted on /dev/pts?");
    return release_fd(&master);
}

int console_open(const struct process *process, int pts, int root, int socket, struct error *error) {
    trace_step("terminal");
    owned_fd master = open_master(pts, error);
    if (master < 0)
        return master;
    owned_fd slave =
        traced("ioctl", "TIOCGPTPEER", ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (slave < 0)
        return fail_sys(error, slave, "process.terminal: cannot open the terminal");
    struct winsize size = {.ws_row = process->rows, .ws_col = process->columns};
    if (process->rows > 0)
        ioctl(slave, TIOCSWINSZ, &size);
    if (process->uid != 0 && fchown(slave, process->uid, (gid_t)-1) < 0)
        return fail_sys(error, -errno, "process.user.uid: cannot give it the terminal");
    if (root >= 0)
        try(mount_console(slave, root, error));
    try(send_master(socket, master, error));
    if (ioctl(slave, TIOCSCTTY, 0) < 0)
        return fail_sys(error, -errno, "process.terminal: cannot become the controlling terminal");
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++)
        if (dup2(slave, stream) < 0)
            return fail_sys(error, -errno, "process.terminal: cannot connect the standard streams");
    return 0;
}
