#include <errno.h>
#include <signal.h>

#include "../lib/cgroup.h"
#include "../lib/scope.h"
#include "../lib/signals.h"
#include "../lib/sys.h"
#include "command.h"

static bool all;

static const struct option_spec options[] = {
    {"all", 'a', OPTION_FLAG, &all, "signal every process in the container"},
    {0},
};

static int kill_all(const struct globals *globals, const struct container *container, int signal,
                    struct error *error) {
    if (signal == SIGKILL)
        return cgroup_kill(container->cgroup, error);
    pid_list pids;
    try(cgroup_pids(globals->arena, container->cgroup, &pids, error));
    for (size_t i = 0; i < pids.count; i++)
        kill(pids.items[i], signal); // those that have ended meanwhile are no failure
    return 0;
}

static int run(const struct globals *globals, int count, char **operands, struct error *error) {
    struct container container;
    int signal = signal_number(count > 1 ? operands[1] : "TERM", error);
    if (signal < 0)
        return signal;
    try(find_container(globals, operands[0], &container, error));
    if (all)
        return kill_all(globals, &container, signal, error);
    owned_fd pidfd = sys_pidfd_open(container.pid);
    // Asked after the descriptor was opened: the number may belong to another process by now.
    enum container_status status = container_status(&container);
    if (pidfd < 0 || status == STOPPED || status == CREATING)
        return fail(error, ESRCH, "container not running: %s is %s", container.id,
                    container_status_names[status]);
    int result = sys_pidfd_send_signal(pidfd, signal);
    return result < 0 ? fail_sys(error, result, "cannot signal %s", container.id) : 0;
}

const struct command command_kill = {
    "kill",
    "kill [--all] ID [SIGNAL]",
    "send a signal (default: TERM) to a container's first process",
    options,
    1,
    2,
    run,
};
