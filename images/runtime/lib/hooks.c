#include "hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "scope.h"
#include "sys.h"
#include "trace.h"

// A file in memory and not a pipe: a hook that never reads must not stop the runtime.
static int make_input(const char *state, struct error *error) {
    owned_fd fd = memfd_create("state", MFD_CLOEXEC);
    size_t length = strlen(state);
    if (fd < 0 || write(fd, state, length) != (ssize_t)length || lseek(fd, 0, SEEK_SET) < 0)
        return fail_sys(error, -errno, "cannot hand on the state");
    return release_fd(&fd);
}

static _Noreturn void become(const struct hook *hook, int input) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    const char *own_name[] = {hook->path, NULL}, *no_environment[] = {NULL};
    const char *const *arguments = hook->args.count > 0 ? hook->args.items : own_name;
    const char *const *environment = hook->env.count > 0 ? hook->env.items : no_environment;
    if (dup2(input, STDIN_FILENO) == STDIN_FILENO)
        execve(hook->path, (char *const *)arguments, (char *const *)environment);
    _exit(errno == ENOENT ? 127 : 126);
}

static int await(const struct hook *hook, pid_t pid, int *status, struct error *error) {
    owned_fd pidfd = sys_pidfd_open(pid);
    struct pollfd poller = {.fd = pidfd, .events = POLLIN};
    int timeout = hook->timeout_seconds > 0 ? hook->timeout_seconds * 1000 : -1;
    int ready;
    do
        ready = pidfd < 0 ? 1 : poll(&poller, 1, timeout);
    while (ready < 0 && errno == EINTR);
    if (ready == 0)
        sys_pidfd_send_signal(pidfd, SIGKILL);
    while (waitpid(pid, status, 0) < 0)
        if (errno != EINTR)
            return fail_sys(error, -errno, "cannot wait for it");
    return ready == 0 ? fail(error, ETIMEDOUT, "killed after its timeout of %d s", hook->timeout_seconds) : 0;
}

static int run(const struct hook *hook, const char *state, struct error *error) {
    owned_fd input = make_input(state, error);
    if (input < 0)
        return input;
    trace_flush(); // or the child would hold a copy of the lines
    pid_t pid = (pid_t)traced("fork", hook->path, fork());
    if (pid < 0)
        return fail_sys(error, pid, "cannot start it");
    if (pid == 0)
        become(hook, input);
    int status = 0;
    try(await(hook, pid, &status, error));
    if (WIFSIGNALED(status))
        return fail(error, ECHILD, "killed by signal %d", WTERMSIG(status));
    if (WEXITSTATUS(status) == 127)
        return fail(error, ENOENT, "there is no such program, or it ended with status 127");
    if (WEXITSTATUS(status) != 0)
        return fail(error, ECHILD, "ended with status %d", WEXITSTATUS(status));
    return 0;
}

int hooks_run(const struct config *config, enum hook_kind kind, const char *state, struct error *error) {
    const hook_list *hooks = &config->hooks[kind];
    for (size_t i = 0; i < hooks->count; i++) {
        trace_step(hook_kind_names[kind]);
        int result = run(&hooks->items[i], state, error);
        if (result < 0)
            return within(error, result, "hooks.%s[%zu] (%s)", hook_kind_names[kind], i,
                          hooks->items[i].path);
    }
    return 0;
}
