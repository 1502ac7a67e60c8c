#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../lib/descriptors.h"
#include "../lib/log.h"
#include "../lib/own-binary.h"
#include "../lib/trace.h"
#include "command.h"

#define VERSION "0.1.0"
#define FAILED 1 // as other runtimes; engines tell the kinds apart by the sentence

static const struct command *const commands[] = {
    &command_create, &command_delete, &command_exec,  &command_features, &command_kill,
    &command_list,   &command_pause,  &command_ps,    &command_resume,   &command_run,
    &command_spec,   &command_start,  &command_state,
};

static const char *root = "/run/hullrun", *log_path, *log_format;
static bool help, version, systemd_cgroup;

static const struct option_spec global_options[] = {
    {"root", 0, OPTION_TEXT, &root, "directory of container states (default: /run/hullrun)"},
    {"log", 0, OPTION_TEXT, &log_path, "file that gets errors and warnings too"},
    {"log-format", 0, OPTION_TEXT, &log_format, "text or json"},
    {"help", 'h', OPTION_FLAG, &help, "print this"},
    {"version", 'v', OPTION_FLAG, &version, "print the version"},
    {"systemd-cgroup", 0, OPTION_FLAG, &systemd_cgroup, "refused: there is no systemd here"},
    {"cgroup-manager", 0, OPTION_TEXT, &(const char *){NULL},
     "accepted for crun's callers; cgroupfs is what there is"},
    {"debug", 0, OPTION_IGNORED, NULL, NULL},
    {"rootless", 0, OPTION_IGNORED, NULL, NULL},
    {0},
};

static int print_help(void) {
    puts("hullrun: an OCI runtime to read\n\nUsage: hullrun [OPTION]... COMMAND [OPTION]... [OPERAND]...\n");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
    puts("\nOptions:");
    options_print(global_options);
    return 0;
}

static int print_command_help(const struct command *command) {
    printf("Usage: hullrun %s\n\n%s\n", command->usage, command->summary);
    options_print(command->options);
    return 0;
}

static const struct command *find_command(const char *name) {
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static unsigned preserved_files(const struct command *command) {
    for (const struct option_spec *spec = command->options; spec != NULL && spec->name != NULL; spec++)
        if (strcmp(spec->name, "preserve-fds") == 0)
            return *(unsigned *)spec->value;
    return 0;
}

// These let a container's processes look at this one through /proc.
static bool meets_container(const struct command *command) {
    return command == &command_create || command == &command_run || command == &command_exec;
}

static int run_command(const struct command *command, int count, char **words, char **arguments,
                       struct error *error) {
    if (count > 0 && (strcmp(words[0], "--help") == 0 || strcmp(words[0], "-h") == 0))
        return print_command_help(command);
    int first = options_read(command->options, count, words, error);
    if (first < 0)
        return first;
    int operands = count - first;
    if (operands < command->least || (command->most >= 0 && operands > command->most))
        return fail(error, EINVAL, "usage: hullrun %s", command->usage);
    try(descriptors_close_inherited(preserved_files(command), error));
    try(log_open(log_path, log_format, error));
    if (meets_container(command))
        try(own_binary_protect(arguments, error));
    struct arena arena = {0};
    struct globals globals = {.root = root, .arena = &arena};
    return command->run(&globals, operands, words + first, error);
}

static int run(int count, char **words, struct error *error) {
    int first = options_read(global_options, count - 1, words + 1, error);
    if (first < 0)
        return first;
    if (version) {
        puts("hullrun version " VERSION "\nspec: 1.2.0");
        return 0;
    }
    if (help || first == count - 1)
        return print_help();
    if (systemd_cgroup)
        return fail(error, EINVAL, "--systemd-cgroup: there is no systemd here; use the cgroupfs driver");
    const struct command *command = find_command(words[1 + first]);
    if (command == NULL)
        return fail(error, EINVAL, "unknown command \"%.40s\"; hullrun --help lists what there is",
                    words[1 + first]);
    return run_command(command, count - first - 2, words + first + 2, words, error);
}

int main(int count, char **words) {
    struct error error = {0};
    int result = run(count, words, &error);
    if (result < 0)
        log_error("%s", error.text);
    trace_flush();
    fflush(stdout);
    return result < 0 ? FAILED : result;
}
