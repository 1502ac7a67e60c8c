#include <stdio.h>

#include "command.h"

static int run(const struct globals *globals, int count, char **operands, struct error *error) {
    (void)count;
    struct container container;
    try(find_container(globals, operands[0], &container, error));
    fputs(container_state_json(&container, globals->arena, container_status(&container)), stdout);
    return 0;
}

const struct command command_state = {
    "state", "state ID", "print a container's state as JSON", NULL, 1, 1, run,
};
