#include "exec.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "cgroup.h"
#include "console.h"
#include "descriptors.h"
#include "message.h"
#include "namespaces.h"
#include "process.h"
#include "scope.h"
#include "signals.h"
#include "sys.h"
#include "trace.h"

struct entering {
    const struct config *config;
    struct process *process;
    const struct seccomp_filter *filter;
    struct arena *arena;
    int init_pidfd, runtime, console;
};

// All namespaces of the container but pid, which this process was born into.
static int enter(const struct entering *entering, struct error *error) {
    int kinds = 0;
    for (size_t i = 0; i < entering->config->namespaces.count; i++)
        kinds |= entering->config->namespaces.items[i].flag;
    int result = sys_setns(entering->init_pidfd, kinds & ~CLONE_NEWPID, "all of the container's");
    if (result >= 0 && kinds & CLONE_NEWUSER)
        result = sys_setresgid(0);
    if (result >= 0 && kinds & CLONE_NEWUSER)
        result = sys_setresuid(0);
    if (result >= 0)
        result = sys_setsid();
    return result < 0 ? fail_sys(error, result, "cannot enter the container's namespaces") : 0;
}

static int run(struct entering *entering, struct error *error) {
    const char *program;
    trace_step("namespaces");
    try(enter(entering, error));
    if (entering->console >= 0)
        try(console_open(entering->process, -1, -1, entering->console, error));
    int kept[] = {entering->runtime, trace_descriptor()};
    try(descriptors_close_except(kept, sizeof kept / sizeof *kept, error));
    try(process_prepare(entering->process, entering->arena, &program, error));
    return process_become(entering->process, entering->filter, program, error);
}

static _Noreturn void become(struct entering *entering) {
    struct error error = {0};
    trace_enter_container();
    signals_reset();
    run(entering, &error);
    trace_flush();
    message_send_failure(entering->runtime, &error);
    _exit(1);
}

// A descriptor of the init itself, whatever happens to its number.
static int open_init(const struct container *container, struct error *error) {
    owned_fd pidfd = sys_pidfd_open(container->pid);
    enum container_status status = pidfd < 0 ? STOPPED : container_status(container);
    if (status != RUNNING)
        return fail(error, EINVAL, "%s is %s; exec needs a running container", container->id,
                    container_status_names[status]);
    return release_fd(&pidfd);
}

static int give_birth(struct entering *entering, int cgroup, struct launched *out, struct error *error) {
    const struct config *config = entering->config;
    int pidfd = -1;
    struct clone_args arguments = {
        .flags = CLONE_PIDFD | CLONE_INTO_CGROUP,
        .pidfd = (uintptr_t)&pidfd,
        .exit_signal = SIGCHLD,
        .cgroup = (uint64_t)cgroup,
    };
    // Processes of the container must not look into this one while it is on its way (CVE-2016-9962).
    int result = sys_prctl(PR_SET_DUMPABLE, 0, "PR_SET_DUMPABLE 0");
    if (result >= 0 && config_namespace(config, CLONE_NEWPID) != NULL)
        result = sys_setns(entering->init_pidfd, CLONE_NEWPID, "pid");
    if (result < 0)
        return fail_sys(error, result, "cannot enter the container's pid namespace");
    trace_flush();
    pid_t pid = (pid_t)sys_clone3(&arguments);
    if (pid == 0)
        become(entering);
    if (pid < 0)
        return fail_sys(error, pid, "cannot make a process in the container");
    out->pid = pid;
    out->pidfd = pidfd;
    return process_set_oom_score(entering->process, pid, error);
}

int container_exec(const struct container *container, const struct config *config, struct process *process,
                   const struct launch_options *options, struct arena *arena, struct launched *out,
                   struct error *error) {
    struct seccomp_filter filter;
    struct launched launched = {.pidfd = -1, .init = -1, .master = -1};
    trace_step("exec");
    owned_fd pidfd = open_init(container, error);
    if (pidfd < 0)
        return pidfd;
    try(seccomp_filter_make(arena, config->seccomp, container->root, &filter, error));
    owned_fd cgroup = cgroup_open(container->cgroup, error);
    if (cgroup < 0)
        return cgroup;
    owned_fd console = -1;
    owned_fd master = -1;
    try(console_prepare(process, options->console_socket, options->relay_terminal, &console, &master, error));
    int pair[2];
    try(message_pair(pair, error));
    owned_fd own_end = pair[0];
    owned_fd its_end = pair[1];
    struct entering entering = {config, process, &filter, arena, pidfd, its_end, console};
    int result = give_birth(&entering, cgroup, &launched, error);
    close(release_fd(&its_end));
    // The program runs when the other end closes.
    if (result >= 0)
        result = message_await(own_end, 0, error);
    if (result >= 0 && master >= 0)
        result = launched.master = console_receive(master, error);
    if (result >= 0)
        result = pid_file_write(options->pid_file, launched.pid, error);
    if (result >= 0) {
        *out = launched;
        return 0;
    }
    if (launched.pid > 0) {
        sys_pidfd_send_signal(launched.pidfd, SIGKILL);
        waitpid(launched.pid, NULL, 0);
    }
    return result;
}
