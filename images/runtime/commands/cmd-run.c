#include <string.h>

#include "../lib/descriptors.h"
#include "../lib/signals.h"
#include "../lib/trace.h"
#include "command.h"

static const char *bundle = ".", *trace;
static bool detach, keep;
static struct launch_options launch_options;
static unsigned preserved;

static const struct option_spec options[] = {
    {"bundle", 'b', OPTION_TEXT, &bundle, "directory with config.json (default: the working directory)"},
    {"console-socket", 0, OPTION_TEXT, &launch_options.console_socket, "unix socket that gets the terminal"},
    {"detach", 'd', OPTION_FLAG, &detach, "return when the program runs"},
    {"keep", 0, OPTION_FLAG, &keep, "do not delete the container when it has ended"},
    {"pid-file", 0, OPTION_TEXT, &launch_options.pid_file, "where to write the process id"},
    {"preserve-fds", 0, OPTION_NUMBER, &preserved,
     "open files beyond the standard streams that the program gets"},
    {"trace", 0, OPTION_TEXT, &trace, "write every step as a line of JSON to this file"},
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
    struct error late;
    if (trace != NULL)
        try(trace_open(trace, error));
    try(open_bundle(globals, bundle, operands[0], &container, &config, &text, error));
    if (!detach)
        try(signals_hold(error));
    launch_options.relay_terminal = !detach && launch_options.console_socket == NULL;
    try(launch(&container, &config, &text, &launch_options, globals->arena, &launched, error));
    int result = launch_start(&container, &config, &launched, globals->arena, error);
    if (result >= 0 && detach)
        return 0;
    if (result >= 0)
        result = attend(&launched, error);
    if (keep && result >= 0)
        return result;
    int deleted = container_delete(&container, &config, globals->arena, &late);
    if (deleted < 0 && result >= 0) {
        *error = late;
        return deleted;
    }
    return result;
}

const struct command command_run = {
    "run", "run [OPTION]... ID", "make a container, run its program, delete it", options, 1, 1, run,
};
