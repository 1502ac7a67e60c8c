/* The program that the site talks to: PROTOCOL.md. One thread, one loop, nothing blocks but poll(2). */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel.h"
#include "connect.h"
#include "descriptor.h"
#include "file.h"
#include "identity.h"
#include "loop.h"
#include "metrics.h"
#include "outbox.h"
#include "port.h"
#include "process.h"
#include "session.h"

/* init gives us its end of a socket as this descriptor. */
enum { EVENTS_FD = 3 };

const struct channel_kind *const channel_kinds[] = {
    [1] = &exec_kind,        [2] = &pty_kind,          [3] = &read_kind,    [4] = &write_kind,
    [5] = &connect_tcp_kind, [6] = &connect_unix_kind, [7] = &metrics_kind, [8] = &identity_kind,
};
const unsigned channel_kind_count = sizeof channel_kinds / sizeof channel_kinds[0];

static struct decoder decoder;

static void take_child_signal(struct watch *watch)
{
    struct signalfd_siginfo info;

    while (read(watch->fd, &info, sizeof info) > 0)
        ;
    process_reap();
}

static void take_event(struct watch *watch)
{
    char json[256];
    ssize_t length = recv(watch->fd, json, sizeof json - 1, MSG_DONTWAIT);

    if (length > 0) {
        json[length] = '\0';
        session_event(json);
    } else if (length == 0 || (errno != EAGAIN && errno != EINTR)) {
        watch_close(watch);
    }
}

static int watch_children(struct watch *watch)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_SETMASK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    *watch = (struct watch){ .fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), .ready = take_child_signal };
    return watch->fd < 0 ? -errno : watch_set(watch, EPOLLIN);
}

static int read_port(int port)
{
    size_t size;
    uint8_t *space = decoder_space(&decoder, &size);
    ssize_t length = read(port, space, size);

    if (length > 0)
        decoder_added(&decoder, (size_t)length);
    if (length == 0)
        return -ENOTCONN;
    return length < 0 && errno != EAGAIN && errno != EINTR ? -errno : 0;
}

/* Ends only with the port. */
static int serve(int port)
{
    for (;;) {
        int congested = outbox_flush(port);
        if (congested < 0)
            return congested;
        bool left = !congested && session_serve(&decoder);
        /* While the port takes nothing, nothing is produced and no question is read. */
        struct pollfd polled[] = {
            { .fd = port, .events = congested ? POLLOUT : POLLIN },
            { .fd = congested ? -1 : loop_fd(), .events = POLLIN },
        };
        bool busy = !congested && (left || loop_is_busy() || outbox_free() < OUTBOX_SIZE);
        if (poll(polled, 2, busy ? 0 : -1) < 0 && errno != EINTR)
            return -errno;
        if (congested)
            continue;
        int error = !left && polled[0].revents != 0 ? read_port(port) : 0;
        if (error != 0)
            return error;
        loop_turn();
    }
}

/* proc(5): the kernel's OOM killer takes others. Outside of a guest it may not be allowed. */
static void be_spared(void)
{
    SCOPED_FD fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    ssize_t ignored = fd < 0 ? 0 : write(fd, "-1000", 5);
    (void)ignored;
}

/* agent [profile [port]] */
int main(int count, char **arguments)
{
    struct watch children, events = { .fd = EVENTS_FD, .ready = take_event };
    int port = port_open(count > 2 ? arguments[2] : NULL);
    int error = port < 0 ? port : loop_open();

    if (error == 0)
        error = watch_children(&children);
    if (error == 0 && fcntl(EVENTS_FD, F_SETFD, FD_CLOEXEC) == 0)
        watch_set(&events, EPOLLIN);
    be_spared();
    session_start(count > 1 ? arguments[1] : "");
    if (error == 0)
        error = serve(port);
    fprintf(stderr, "agent: %s\n", strerror(-error));
    return 1;
}
