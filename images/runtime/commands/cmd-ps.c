#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "../lib/cgroup.h"
#include "../lib/json-write.h"
#include "../lib/scope.h"
#include "command.h"

static const char *format = "table";

static const struct option_spec options[] = {
    {"format", 'f', OPTION_TEXT, &format, "table or json (an array of process ids)"},
    {0},
};

// What a process calls itself is its own choice: nothing of it may reach a terminal as a control sequence.
static void print_command(pid_t pid) {
    char path[40], text[256];
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
    owned_fd fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof text);
    for (ssize_t i = 0; i < length - 1; i++)
        putchar(text[i] == '\0' ? ' ' : text[i] >= 0x20 && text[i] < 0x7f ? text[i] : '?');
    putchar('\n');
}

static int run(const struct globals *globals, int count, char **operands, struct error *error) {
    (void)count;
    struct container container;
    pid_list pids;
    bool json = strcmp(format, "json") == 0;
    if (!json && strcmp(format, "table") != 0)
        return fail(error, EINVAL, "--format: expected table or json, found \"%.40s\"", format);
    try(find_container(globals, operands[0], &container, error));
    if (container.cgroup == NULL)
        return fail(error, EINVAL, "%s is being created", container.id);
    try(cgroup_pids(globals->arena, container.cgroup, &pids, error));
    if (!json) {
        printf("%-8s %s\n", "PID", "COMMAND");
        for (size_t i = 0; i < pids.count; i++) {
            printf("%-8d ", (int)pids.items[i]);
            print_command(pids.items[i]);
        }
        return 0;
    }
    json_writer writer = json_write_begin(false);
    yajl_gen_array_open(writer);
    for (size_t i = 0; i < pids.count; i++)
        json_write_integer(writer, NULL, pids.items[i]);
    yajl_gen_array_close(writer);
    puts(json_write_end(writer, globals->arena));
    return 0;
}

const struct command command_ps = {
    "ps", "ps [OPTION]... ID", "list the processes of a container", options, 1, -1, run,
};
