#include "console.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char socket_name[] = "console.sock";

static int listener = -1;

int console_listen(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, socket_name);
    unlink(socket_name);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 ||
        chmod(socket_name, 0600) < 0 || listen(listener, 1) < 0)
        return -errno;
    return 0;
}

static int receive(int connection) {
    char bytes[64];
    struct iovec part = {bytes, sizeof bytes};
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr aligned;
    } control;
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control};
    int master;
    if (recvmsg(connection, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) < 0)
        return -errno;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header == NULL || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof master))
        return -EPROTO;
    memcpy(&master, CMSG_DATA(header), sizeof master);
    fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK);
    return master;
}

int console_receive(void) {
    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    int master = connection < 0 ? -errno : receive(connection);
    if (connection >= 0)
        close(connection);
    console_close();
    return master;
}

void console_close(void) {
    if (listener < 0)
        return;
    unlink(socket_name);
    close(listener);
    listener = -1;
}
