#include <errno.h>

#include "../lib/cgroup.h"
#include "command.h"

static int freeze(const struct globals *globals, const char *id, enum container_status from, bool pause,
                  struct error *error) {
    struct container container;
    try(find_container(globals, id, &container, error));
    enum container_status status = container_status(&container);
    if (status != from && !(pause && status == CREATED))
        return fail(error, EINVAL, "%s is %s; only a %s container can be %s", id,
                    container_status_names[status], container_status_names[from],
                    pause ? "paused" : "resumed");
    return cgroup_freeze(container.cgroup, pause, error);
}

static int run_pause(const struct globals *globals, int count, char **operands, struct error *error) {
    (void)count;
    return freeze(globals, operands[0], RUNNING, true, error);
}

static int run_resume(const struct globals *globals, int count, char **operands, struct error *error) {
    (void)count;
    return freeze(globals, operands[0], PAUSED, false, error);
}

const struct command command_pause = {
    "pause", "pause ID", "freeze all processes of a container", NULL, 1, 1, run_pause,
};

const struct command command_resume = {
    "resume", "resume ID", "let a paused container go on", NULL, 1, 1, run_resume,
};
