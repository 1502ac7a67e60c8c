// Holds one process of a container: PROTOCOL.md. One thread, one loop, nothing blocks but poll(2).
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "append.h"
#include "connection.h"
#include "input.h"
#include "life.h"
#include "log.h"
#include "loop.h"
#include "outputs.h"

// The engine's end of a socket pair is the other one of this.
enum { CONTROL_FD = 3 };

static const char usage[] =
    "usage: hull-shim [--runtime PATH] [--runtime-arg WORD]... [--tty] [--stdin] [--stdin-once]\n"
    "                 [--run] [--log FILE --log-size BYTES --log-files NUMBER] [--exec FILE] [--trace FILE] DIRECTORY ID\n";

static int signals = -1;

// Not stdio's: it would be a third of the program.
static void complain(const char *sentence, const char *reason) {
    char text[640], *end = append_text(append_text(append_text(text, sentence), reason), "\n");
    ssize_t ignored = write(STDERR_FILENO, text, (size_t)(end - text));
    (void)ignored;
}

// Every signal: a shim ends with its container, and a write to a reader who has gone is an error like others.
static int take_signals(void) {
    sigset_t all, children;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    signals = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    return signals < 0 ? -errno : 0;
}

static void signals_ready(void *of, short events) {
    struct signalfd_siginfo info;
    (void)of;
    (void)events;
    while (read(signals, &info, sizeof info) > 0)
        ;
    life_reap();
}

// A container outlives the engine's session, and its orphans become ours.
static int settle(const char *directory) {
    setsid();
    if (chdir(directory) < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
        return -errno;
    int error = take_signals();
    return error < 0 ? error : connections_listen();
}

static void serve(void) {
    while (life_goes_on()) {
        life_wait();
        input_wait();
        outputs_wait();
        connections_wait();
        loop_wait_for(signals, POLLIN, signals_ready, NULL);
        loop_turn(life_patience());
    }
}

int main(int count, char **arguments) {
    struct options options;
    if (count < 3 || options_read(arguments + 1, &options) < 0) {
        complain(usage, "");
        return 2;
    }
    // First: whatever is opened next would get this number if it were free.
    if (fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC) == 0)
        connection_adopt(CONTROL_FD, CONNECTION_CONTROL);
    int error = settle(options.directory);
    if (error < 0) {
        complain("hull-shim: cannot work in its directory: ", strerror(-error));
        return 1;
    }
    if (options.log != NULL)
        log_open(options.log, options.log_size, options.log_files);
    life_begin(&options);
    serve();
    connections_refuse();
    return 0;
}
