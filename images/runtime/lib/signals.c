#include "signals.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "sys.h"
#include "trace.h"

static void held(sigset_t *set) {
    sigfillset(set);
    // Faults of this program's own.
    sigdelset(set, SIGSEGV);
    sigdelset(set, SIGBUS);
    sigdelset(set, SIGILL);
    sigdelset(set, SIGFPE);
    sigdelset(set, SIGABRT);
}

int signals_hold(struct error *error) {
    sigset_t set;
    held(&set);
    return sigprocmask(SIG_SETMASK, &set, NULL) < 0 ? fail_sys(error, -errno, "cannot hold signals back") : 0;
}

int signals_open(struct error *error) {
    sigset_t set;
    held(&set);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? fail_sys(error, -errno, "cannot wait for signals") : fd;
}

void signals_reset(void) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    // Ignored signals stay ignored in a new program; these are the ones that callers ignore.
    signal(SIGPIPE, SIG_DFL);
    signal(SIGCHLD, SIG_DFL);
}

int signals_wait(pid_t pid, int pidfd, struct error *error) {
    trace_step("wait");
    sigset_t set;
    held(&set);
    uint64_t start = trace_enabled ? trace_now() : 0;
    int status;
    pid_t ended;
    while ((ended = waitpid(pid, &status, WNOHANG)) == 0) {
        int signal = sigwaitinfo(&set, NULL);
        if (signal > 0 && signal != SIGCHLD)
            sys_pidfd_send_signal(pidfd, signal);
    }
    if (ended < 0)
        return fail_sys(error, -errno, "cannot wait for the container");
    if (trace_enabled)
        trace_line("wait4", start, trace_now(), 0, "until the program has ended");
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int signal_number(const char *word, struct error *error) {
    char *end;
    long number = strtol(word, &end, 10);
    if (isdigit((unsigned char)word[0]) && *end == '\0' && number > 0 && number < NSIG)
        return (int)number;
    const char *name = strncasecmp(word, "SIG", 3) == 0 ? word + 3 : word;
    for (int signal = 1; signal < NSIG; signal++) {
        const char *known = sigabbrev_np(signal);
        if (known != NULL && strcasecmp(known, name) == 0)
            return signal;
    }
    return fail(error, EINVAL, "\"%.40s\" is not a signal; TERM, SIGTERM and 15 are", word);
}
