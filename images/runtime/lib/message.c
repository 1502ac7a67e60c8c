#include "message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "trace.h"

int message_pair(int fds[2], struct error *error) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return fail_sys(error, -errno, "cannot make a socket pair");
    memcpy(fds, pair, sizeof pair);
    return 0;
}

int message_send(int fd, enum message_kind kind, struct error *error) {
    if (send(fd, &kind, sizeof kind, MSG_NOSIGNAL) < 0)
        return fail_sys(error, -errno, "cannot talk to the other side");
    return 0;
}

void message_send_failure(int fd, const struct error *failure) {
    struct message message = {.kind = MESSAGE_FAILED, .error = *failure};
    send(fd, &message, sizeof message, MSG_NOSIGNAL);
}

int message_await(int fd, enum message_kind expected, struct error *error) {
    struct message message;
    ssize_t length;
    do
        length = recv(fd, &message, sizeof message, 0);
    while (length < 0 && errno == EINTR);
    if (length < 0 && errno != ECONNRESET)
        return fail_sys(error, -errno, "cannot hear the other side");
    if (length <= 0)
        return 0;
    if (message.kind == MESSAGE_FAILED && (size_t)length == sizeof message) {
        *error = message.error;
        return -message.error.number;
    }
    if (message.kind != expected)
        return fail(error, EPROTO, "the other side said %d, expected %d", (int)message.kind, (int)expected);
    return 1;
}
