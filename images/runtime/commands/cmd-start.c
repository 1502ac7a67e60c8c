#include "command.h"

static int run(const struct globals *globals, int count, char **operands, struct error *error) {
    (void)count;
    struct container container;
    struct config config;
    try(find_container(globals, operands[0], &container, error));
    try(container_config(&container, globals->arena, &config, error));
    return container_start(&container, &config, globals->arena, error);
}

const struct command command_start = {
    "start", "start ID", "run the program of a created container", NULL, 1, 1, run,
};
