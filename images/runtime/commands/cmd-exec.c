#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/exec.h"
#include "../lib/file.h"
#include "../lib/signals.h"
#include "../lib/trace.h"
#include "command.h"

static const char *process_file, *cwd, *user, *trace;
static bool terminal, detach, no_new_privileges;
static struct option_list env;
static struct launch_options launch_options;
static unsigned preserved;

static const struct option_spec options[] = {
    {"process", 'p', OPTION_TEXT, &process_file, "process.json instead of a command"},
    {"console-socket", 0, OPTION_TEXT, &launch_options.console_socket, "unix socket that gets the terminal"},
    {"cwd", 0, OPTION_TEXT, &cwd, "working directory in the container"},
    {"detach", 'd', OPTION_FLAG, &detach, "return when the program runs"},
    {"env", 'e', OPTION_LIST, &env, "NAME=VALUE, added to the container's environment"},
    {"no-new-privs", 0, OPTION_FLAG, &no_new_privileges, "set no_new_privs"},
    {"pid-file", 0, OPTION_TEXT, &launch_options.pid_file, "where to write the process id"},
    {"preserve-fds", 0, OPTION_NUMBER, &preserved,
     "open files beyond the standard streams that the program gets"},
    {"trace", 0, OPTION_TEXT, &trace, "write every step as a line of JSON to this file"},
    {"tty", 't', OPTION_FLAG, &terminal, "give it a terminal"},
    {"user", 'u', OPTION_TEXT, &user, "UID or UID:GID"},
    {0},
};

static int read_user(struct process *process, struct error *error) {
    char *end;
    unsigned long uid = strtoul(user, &end, 10), gid = process->gid;
    bool valid = end != user && uid < UINT32_MAX;
    if (valid && *end == ':') {
        const char *second = end + 1;
        gid = strtoul(second, &end, 10);
        valid = end != second && gid < UINT32_MAX;
    }
    if (!valid || *end != '\0')
        return fail(error, EINVAL, "--user: expected UID or UID:GID as numbers, found \"%.40s\"", user);
    process->uid = (uid_t)uid;
    process->gid = (gid_t)gid;
    return 0;
}

// The container's own process with what the options change.
static int describe(const struct globals *globals, int count, char **operands, const struct config *config,
                    struct process *out, struct error *error) {
    struct process process = config->process;
    if (count == 0)
        return fail(error, EINVAL, "exec needs a command, or --process");
    process.args = (struct strings){(const char **)operands, (size_t)count}; // argv ends with NULL
    process.terminal = terminal;
    process.no_new_privileges |= no_new_privileges;
    if (cwd != NULL)
        process.cwd = cwd;
    if (user != NULL)
        try(read_user(&process, error));
    const char **items = arena_alloc(globals->arena, (process.env.count + env.count + 1) * sizeof *items);
    size_t length = 0;
    for (size_t i = 0; i < env.count; i++) // first, because the first of equal names is what programs find
        items[length++] = env.items[i];
    for (size_t i = 0; i < process.env.count; i++)
        items[length++] = process.env.items[i];
    process.env = (struct strings){items, length};
    *out = process;
    return 0;
}

static int run(const struct globals *globals, int count, char **operands, struct error *error) {
    struct container container;
    struct config config;
    struct process process;
    struct launched launched;
    if (trace != NULL)
        try(trace_open(trace, error));
    try(find_container(globals, operands[0], &container, error));
    try(container_config(&container, globals->arena, &config, error));
    if (process_file != NULL) {
        struct text text;
        try(file_read(globals->arena, AT_FDCWD, process_file, JSON_MAX_BYTES, &text, error));
        try(within(error, process_parse(globals->arena, text.bytes, text.length, &process, error), "%s",
                   process_file));
    } else {
        try(describe(globals, count - 1, operands + 1, &config, &process, error));
    }
    if (!detach)
        try(signals_hold(error));
    launch_options.relay_terminal = !detach && launch_options.console_socket == NULL;
    try(container_exec(&container, &config, &process, &launch_options, globals->arena, &launched, error));
    return detach ? 0 : attend(&launched, error);
}

const struct command command_exec = {
    "exec",
    "exec [OPTION]... ID COMMAND [ARGUMENT]...",
    "run a further program in a running container",
    options,
    1,
    -1,
    run,
};
