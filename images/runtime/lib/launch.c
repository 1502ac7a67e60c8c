#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "cgroup.h"
#include "console.h"
#include "file.h"
#include "hooks.h"
#include "init.h"
#include "log.h"
#include "message.h"
#include "process.h"
#include "scope.h"
#include "sys.h"
#include "trace.h"

int pid_file_write(const char *path, pid_t pid, struct error *error) {
    if (path == NULL)
        return 0;
    char text[16];
    int length = snprintf(text, sizeof text, "%d", (int)pid);
    owned_fd fd = sys_openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0 || write(fd, text, (size_t)length) != length)
        return fail_sys(error, fd < 0 ? fd : -errno, "--pid-file: cannot write %s", path);
    return 0;
}

// A socket in the state directory: it tells "created" from "running", and `start` hears from it how the
// program's start went. Reached by way of the descriptor, because a socket's path may have 107 bytes only.
static int socket_address(const struct container *container, struct sockaddr_un *address) {
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    return snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/start",
                    container->directory);
}

static int listen_for_start(const struct container *container, struct error *error) {
    struct sockaddr_un address;
    socket_address(container, &address);
    owned_fd fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 1) < 0)
        return fail_sys(error, -errno, "cannot listen for start");
    return release_fd(&fd);
}

// Everything that is open while the container is made.
struct making {
    struct joined_namespaces joined;
    int cgroup, start, console, master;
    int messages[2]; // runtime's end, init's end
};

static int give_birth(struct init *init, struct making *making, struct launched *out, struct error *error) {
    const struct config *config = init->config;
    int pidfd = -1;
    struct clone_args arguments = {
        .flags = namespaces_clone_flags(config) | CLONE_PIDFD | CLONE_INTO_CGROUP,
        .pidfd = (uintptr_t)&pidfd,
        .exit_signal = SIGCHLD,
        .cgroup = (uint64_t)making->cgroup,
    };
    // Until the program runs, other processes in joined namespaces must not look into this one
    // (CVE-2016-9962).
    int result = sys_prctl(PR_SET_DUMPABLE, 0, "PR_SET_DUMPABLE 0");
    if (result < 0)
        return fail_sys(error, result, "cannot hide the runtime's memory");
    try(namespaces_set_for_child(config, &making->joined, error));
    trace_flush();
    pid_t pid = (pid_t)sys_clone3(&arguments);
    if (pid == 0) {
        close(making->messages[0]);
        scope_close(&making->master);
        init_run(init);
    }
    if (pid < 0)
        return fail_sys(error, pid, "linux.namespaces: cannot make the container's process");
    out->pid = pid;
    out->pidfd = pidfd;
    return namespaces_restore(config, error);
}

// Answers the init until it is ready.
static int attend(struct container *container, const struct config *config, int init, struct arena *arena,
                  struct error *error) {
    try(process_set_oom_score(&config->process, container->pid, error));
    if (config_unshares(config, CLONE_NEWUSER)) {
        try(namespaces_map_ids(config, container->pid, error));
        try(message_send(init, MESSAGE_MAPPED, error));
    }
    if (config->hooks[HOOK_PRESTART].count + config->hooks[HOOK_CREATE_RUNTIME].count > 0) {
        int result = message_await(init, MESSAGE_HOOKS, error);
        if (result <= 0)
            return result < 0 ? result
                              : fail(error, ECHILD, "the container's process died while it was set up");
        const char *state = container_state_json(container, arena, CREATING);
        try(hooks_run(config, HOOK_PRESTART, state, error));
        try(hooks_run(config, HOOK_CREATE_RUNTIME, state, error));
        try(message_send(init, MESSAGE_HOOKED, error));
    }
    int result = message_await(init, MESSAGE_READY, error);
    return result != 0 ? result : fail(error, ECHILD, "the container's process died while it was set up");
}

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int make(struct init *init, struct making *making, const struct text *config_text,
                const struct launch_options *options, struct launched *out, struct error *error) {
    struct container *container = init->container;
    struct config *config = init->config;
    struct arena *arena = init->arena;
    struct seccomp_filter filter;
    try(console_prepare(&config->process, options->console_socket, options->relay_terminal, &making->console,
                        &making->master, error));
    try(namespaces_open(config, &making->joined, error));
    try(seccomp_filter_make(arena, config->seccomp, container->root, &filter, error));
    making->cgroup = cgroup_create(config, container->cgroup, error);
    if (making->cgroup < 0)
        return making->cgroup;
    if (options->wait_for_start) {
        making->start = listen_for_start(container, error);
        if (making->start < 0)
            return making->start;
    }
    try(message_pair(making->messages, error));
    init->joined = &making->joined;
    init->filter = &filter;
    init->runtime = making->messages[1];
    init->start = making->start;
    init->console = making->console;
    try(give_birth(init, making, out, error));
    scope_close(&making->messages[1]);
    making->messages[1] = -1;
    container->pid = out->pid;
    try(attend(container, config, making->messages[0], arena, error));
    container->pid_start_time = process_start_time(out->pid);
    container->created_ns = now_ns();
    trace_step("state");
    try(file_write(container->directory, "config.json", config_text->bytes, config_text->length, error));
    try(container_save(container, arena, error));
    try(pid_file_write(options->pid_file, out->pid, error));
    if (options->relay_terminal && making->master >= 0) {
        out->master = console_receive(making->master, error);
        if (out->master < 0)
            return out->master;
    }
    out->init = release_fd(&making->messages[0]);
    return 0;
}

static void undo(struct container *container, struct launched *launched) {
    struct error ignored;
    if (launched->pid > 0) {
        sys_pidfd_send_signal(launched->pidfd, SIGKILL);
        waitpid(launched->pid, NULL, 0);
    }
    cgroup_remove(container->cgroup, &ignored);
    container_forget(container, &ignored);
}

int launch(struct container *container, struct config *config, const struct text *config_text,
           const struct launch_options *options, struct arena *arena, struct launched *out,
           struct error *error) {
    trace_step("state");
    container->oci_version = config->oci_version;
    container->annotations = config->annotations;
    container->has_end_hooks = config->hooks[HOOK_POSTSTOP].count > 0;
    try(cgroup_path(arena, config, container->id, &container->cgroup, error));
    try(container_make(container, error));
    struct making making = {.cgroup = -1, .start = -1, .console = -1, .master = -1, .messages = {-1, -1}};
    struct launched launched = {.pidfd = -1, .init = -1, .master = -1};
    struct init init = {.config = config, .container = container, .arena = arena};
    for (size_t i = 0; i < sizeof making.joined.fds / sizeof *making.joined.fds; i++)
        making.joined.fds[i] = -1;
    int result = make(&init, &making, config_text, options, &launched, error);
    if (result < 0)
        undo(container, &launched);
    namespaces_close(config, &making.joined);
    const int open_fds[] = {making.cgroup, making.start,       making.console,
                            making.master, making.messages[0], making.messages[1]};
    for (size_t i = 0; i < sizeof open_fds / sizeof *open_fds; i++)
        scope_close(&open_fds[i]);
    if (result >= 0)
        *out = launched;
    return result;
}
