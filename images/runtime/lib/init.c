#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "console.h"
#include "descriptors.h"
#include "devices.h"
#include "hooks.h"
#include "message.h"
#include "mounts.h"
#include "process.h"
#include "rootfs.h"
#include "scope.h"
#include "signals.h"
#include "sys.h"
#include "sysctl.h"
#include "trace.h"

static int expect(const struct init *init, enum message_kind kind, struct error *error) {
    int result = message_await(init->runtime, kind, error);
    return result == 0 ? fail(error, EPIPE, "the runtime has ended") : result;
}

static int enter_namespaces(const struct init *init, struct error *error) {
    trace_step("namespaces");
    const struct config *config = init->config;
    try(namespaces_join(config, init->joined, error));
    if (config_unshares(config, CLONE_NEWUSER))
        try(expect(init, MESSAGE_MAPPED, error));
    if (config_namespace(config, CLONE_NEWUSER) != NULL) {
        int result = sys_setresgid(0);
        if (result >= 0)
            result = sys_setresuid(0);
        if (result < 0)
            return fail_sys(error, result, "linux.uidMappings, linux.gidMappings: 0 must be mapped");
    }
    if (config_unshares(config, CLONE_NEWCGROUP)) {
        int result = sys_unshare(CLONE_NEWCGROUP, "cgroup");
        if (result < 0)
            return fail_sys(error, result, "linux.namespaces: cannot make a cgroup namespace");
    }
    int result = sys_setsid();
    if (result < 0)
        return fail_sys(error, result, "cannot start a session");
    if (config_unshares(config, CLONE_NEWNET))
        try(namespaces_loopback_up(error));
    return 0;
}

static int set_names(const struct config *config, struct error *error) {
    int result = 0;
    if (config->hostname != NULL && config->hostname[0] != '\0')
        result = sys_sethostname(config->hostname);
    if (result < 0)
        return fail_sys(error, result, "hostname: cannot set it");
    if (config->domainname != NULL && config->domainname[0] != '\0')
        result = sys_setdomainname(config->domainname);
    return result < 0 ? fail_sys(error, result, "domainname: cannot set it") : 0;
}

// Hooks that run in the runtime's namespaces are the runtime's to run.
static int run_hooks(const struct init *init, struct error *error) {
    const struct config *config = init->config;
    if (config->hooks[HOOK_PRESTART].count + config->hooks[HOOK_CREATE_RUNTIME].count > 0) {
        try(message_send(init->runtime, MESSAGE_HOOKS, error));
        try(expect(init, MESSAGE_HOOKED, error));
    }
    if (config->hooks[HOOK_CREATE_CONTAINER].count + config->hooks[HOOK_START_CONTAINER].count == 0)
        return 0;
    // The host's /proc is still there, and tells the number by which the host knows this process.
    char number[16] = "";
    if (readlink("/proc/self", number, sizeof number - 1) < 0)
        return fail_sys(error, -errno, "cannot read /proc/self");
    init->container->pid = (pid_t)strtol(number, NULL, 10);
    return hooks_run(config, HOOK_CREATE_CONTAINER,
                     container_state_json(init->container, init->arena, CREATING), error);
}

// Only with a mount namespace of its own; one that is joined has its root and mounts.
static int make_root(const struct init *init, int *root, int *pts, struct error *error) {
    const struct config *config = init->config;
    umask(0); // modes of devices and directories are meant as they are written
    try(rootfs_mount(config, root, error));
    try(mounts_make(config, *root, pts, error));
    return devices_make(config, *root, error);
}

static int set_up(const struct init *init, struct error *error) {
    struct config *config = init->config;
    owned_fd root = -1;
    owned_fd pts = -1;
    bool own_root = config_unshares(config, CLONE_NEWNS);
    try(enter_namespaces(init, error));
    if (own_root)
        try(make_root(init, &root, &pts, error));
    trace_step("names");
    try(set_names(config, error));
    try(sysctls_set(config, error));
    try(run_hooks(init, error));
    if (own_root) {
        try(rootfs_protect(config, root, error));
        try(rootfs_enter(config, root, error));
    }
    if (init->console >= 0)
        try(console_open(&config->process, pts, root, init->console, error));
    return 0;
}

// Nothing of the host may be open when the working directory is entered: /proc/self/fd would lead out.
static int close_host(const struct init *init, struct error *error) {
    int kept[] = {init->runtime, init->start, trace_descriptor()};
    return descriptors_close_except(kept, sizeof kept / sizeof *kept, error);
}

// Answers `start`, which learns from the connection's end that the program runs, or else why it does not.
static int await_start(struct init *init, struct error *error) {
    if (init->start < 0)
        return expect(init, MESSAGE_START, error);
    close(init->runtime);
    init->runtime = -1;
    do
        init->runtime = accept4(init->start, NULL, NULL, SOCK_CLOEXEC);
    while (init->runtime < 0 && errno == EINTR);
    if (init->runtime < 0)
        return fail_sys(error, -errno, "cannot wait for start");
    return 0;
}

static int run(struct init *init, struct error *error) {
    struct process *process = &init->config->process;
    const char *program = NULL;
    try(set_up(init, error));
    try(close_host(init, error));
    try(process_prepare(process, init->arena, &program, error));
    trace_flush();
    try(message_send(init->runtime, MESSAGE_READY, error));
    try(await_start(init, error));
    if (init->config->hooks[HOOK_START_CONTAINER].count > 0)
        try(hooks_run(init->config, HOOK_START_CONTAINER,
                      container_state_json(init->container, init->arena, CREATED), error));
    return process_become(process, init->filter, program, error);
}

_Noreturn void init_run(struct init *init) {
    trace_enter_container();
    signals_reset();
    struct error error = {0};
    run(init, &error);
    trace_flush();
    if (init->runtime >= 0)
        message_send_failure(init->runtime, &error);
    _exit(1);
}
