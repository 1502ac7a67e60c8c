#include <errno.h>

#include "../lib/cgroup.h"
#include "command.h"

static bool force;

static const struct option_spec options[] = {
    {"force", 'f', OPTION_FLAG, &force, "kill it when it runs; do not fail when there is none"},
    {0},
};

static int run(const struct globals *globals, int count, char **operands, struct error *error) {
    (void)count;
    struct container container;
    int result = find_container(globals, operands[0], &container, error);
    if (result == -ENOENT && force)
        return 0;
    if (result < 0)
        return result;
    enum container_status status = container_status(&container);
    if (!force && status != STOPPED)
        return fail(error, EBUSY, "%s is %s; kill it first or use --force", container.id,
                    container_status_names[status]);
    if (container.cgroup == NULL) // died while it was created
        return container_forget(&container, error);
    return container_delete(&container, NULL, globals->arena, error);
}

const struct command command_delete = {
    "delete", "delete [--force] ID", "remove what a container has left", options, 1, 1, run,
};
