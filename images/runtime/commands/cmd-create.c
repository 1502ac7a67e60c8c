#include <unistd.h>

#include "command.h"

static const char *bundle = ".";
static struct launch_options launch_options = {.wait_for_start = true};
static unsigned preserved;

static const struct option_spec options[] = {
    {"bundle", 'b', OPTION_TEXT, &bundle, "directory with config.json (default: the working directory)"},
    {"console-socket", 0, OPTION_TEXT, &launch_options.console_socket, "unix socket that gets the terminal"},
    {"pid-file", 0, OPTION_TEXT, &launch_options.pid_file, "where to write the process id"},
    {"preserve-fds", 0, OPTION_NUMBER, &preserved,
     "open files beyond the standard streams that the program gets"},
    {"no-pivot", 0, OPTION_IGNORED, NULL, NULL},
    {"no-new-keyring", 0, OPTION_IGNORED, NULL, NULL},
    {0},
};

static int run(const struct globals *globals, int count, char **operands, struct error *error) {
    (void)count;
    struct container container = {.directory = -1};
    struct config config;
    struct text text;
    struct launched launched;
    try(open_bundle(globals, bundle, operands[0], &container, &config, &text, error));
    return launch(&container, &config, &text, &launch_options, globals->arena, &launched, error);
}

const struct command command_create = {
    "create", "create [OPTION]... ID", "make a container and stop before its program runs", options, 1, 1,
    run,
};
