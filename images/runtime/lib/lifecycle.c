// What happens to a container after it was made: start and delete.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "cgroup.h"
#include "hooks.h"
#include "launch.h"
#include "log.h"
#include "message.h"
#include "scope.h"
#include "sys.h"
#include "trace.h"

// The init closes its end by running the program, and not before.
static int await_program(int init, struct error *error) {
    int result = message_await(init, 0, error);
    return result > 0 ? fail(error, EPROTO, "unexpected words from the container's process") : result;
}

// The specification has their failures reported, and the container go on.
static void run_late_hooks(const struct container *container, const struct config *config,
                           enum hook_kind kind, enum container_status status, struct arena *arena) {
    struct error error;
    if (config->hooks[kind].count > 0 &&
        hooks_run(config, kind, container_state_json(container, arena, status), &error) < 0)
        log_warning("%s", error.text);
}

int launch_start(struct container *container, const struct config *config, struct launched *launched,
                 struct arena *arena, struct error *error) {
    trace_step("start");
    try(message_send(launched->init, MESSAGE_START, error));
    try(await_program(launched->init, error));
    run_late_hooks(container, config, HOOK_POSTSTART, RUNNING, arena);
    return 0;
}

int container_start(struct container *container, const struct config *config, struct arena *arena,
                    struct error *error) {
    trace_step("start");
    enum container_status status = container_status(container);
    if (status != CREATED)
        return fail(error, EINVAL, "%s is %s; only a created container can be started", container->id,
                    container_status_names[status]);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/start", container->directory);
    owned_fd init = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (init < 0 || connect(init, (struct sockaddr *)&address, sizeof address) < 0)
        return fail_sys(error, -errno, "the init of %s does not answer", container->id);
    // From here on it is no longer "created": a second start must not wait for an answer that never comes.
    sys_unlinkat(container->directory, "start", 0);
    try(await_program(init, error));
    run_late_hooks(container, config, HOOK_POSTSTART, RUNNING, arena);
    return 0;
}

int container_delete(struct container *container, const struct config *config, struct arena *arena,
                     struct error *error) {
    trace_step("delete");
    struct config kept;
    struct error unreadable;
    if (config == NULL && container->has_end_hooks &&
        container_config(container, arena, &kept, &unreadable) >= 0)
        config = &kept;
    try(cgroup_remove(container->cgroup, error));
    try(container_forget(container, error));
    if (config != NULL)
        run_late_hooks(container, config, HOOK_POSTSTOP, STOPPED, arena);
    return 0;
}
