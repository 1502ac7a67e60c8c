#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>

#include "console.h"
#include "scope.h"
#include "sys.h"

static void copy_size(int master) {
    struct winsize size;
    if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
        ioctl(master, TIOCSWINSZ, &size);
}

// False at the end of the stream; on Linux a master whose slaves are closed reads EIO.
static bool pass(int from, int to) {
    char bytes[4096];
    ssize_t length = read(from, bytes, sizeof bytes);
    if (length < 0)
        return errno == EINTR || errno == EAGAIN;
    for (ssize_t written = 0; written < length;) {
        ssize_t count = write(to, bytes + written, (size_t)(length - written));
        if (count < 0 && errno != EINTR)
            return false;
        written += count > 0 ? count : 0;
    }
    return length > 0;
}

static void forward(int signals, int master, int pidfd) {
    struct signalfd_siginfo info;
    if (read(signals, &info, sizeof info) != sizeof info)
        return;
    if (info.ssi_signo == SIGWINCH)
        copy_size(master);
    else if (info.ssi_signo != SIGCHLD)
        sys_pidfd_send_signal(pidfd, (int)info.ssi_signo);
}

static void relay(int master, int pidfd, int signals) {
    enum { INPUT, OUTPUT, SIGNALS, PROCESS, COUNT };
    struct pollfd pollers[COUNT] = {
        [INPUT] = {.fd = STDIN_FILENO, .events = POLLIN},
        [OUTPUT] = {.fd = master, .events = POLLIN},
        [SIGNALS] = {.fd = signals, .events = POLLIN},
        [PROCESS] = {.fd = pidfd, .events = POLLIN},
    };
    while (pollers[OUTPUT].fd >= 0) {
        if (poll(pollers, COUNT, -1) < 0 && errno != EINTR)
            return;
        if (pollers[SIGNALS].revents & POLLIN)
            forward(signals, master, pidfd);
        if (pollers[INPUT].revents && !pass(STDIN_FILENO, master))
            pollers[INPUT].fd = -1;
        if (pollers[OUTPUT].revents && !pass(master, STDOUT_FILENO))
            pollers[OUTPUT].fd = -1;
        else if (pollers[PROCESS].revents && !pollers[OUTPUT].revents)
            return; // ended, and everything that it has written is passed on
    }
}

int console_relay(int master, int pidfd, int signals, struct error *error) {
    struct termios before, raw;
    bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;
    if (terminal) {
        copy_size(master);
        raw = before;
        cfmakeraw(&raw);
        if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) < 0)
            return fail_sys(error, -errno, "cannot set the terminal to raw mode");
    }
    relay(master, pidfd, signals);
    if (terminal)
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
    return 0;
}
