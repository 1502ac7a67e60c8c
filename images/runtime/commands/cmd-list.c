#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../lib/json-write.h"
#include "../lib/scope.h"
#include "command.h"

static const char *format = "table";
static bool quiet;

static const struct option_spec options[] = {
    {"format", 'f', OPTION_TEXT, &format, "table or json"},
    {"quiet", 'q', OPTION_FLAG, &quiet, "names only"},
    {0},
};

static const char *created_at(const struct container *container, char *text, size_t size) {
    time_t seconds = (time_t)(container->created_ns / 1000000000);
    struct tm utc;
    strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &utc));
    return text;
}

static void print(json_writer writer, const struct container *container) {
    char created[40];
    enum container_status status = container_status(container);
    pid_t pid = status == STOPPED ? 0 : container->pid;
    created_at(container, created, sizeof created);
    const char *bundle = container->bundle != NULL ? container->bundle : "";
    if (quiet) {
        puts(container->id);
    } else if (writer == NULL) {
        printf("%-24s %-8d %-10s %-22s %s\n", container->id, (int)pid, container_status_names[status],
               created, bundle);
    } else {
        yajl_gen_map_open(writer);
        json_write_string(writer, "ociVersion", container->oci_version);
        json_write_string(writer, "id", container->id);
        json_write_integer(writer, "pid", pid);
        json_write_string(writer, "status", container_status_names[status]);
        json_write_string(writer, "bundle", bundle);
        json_write_string(writer, "created", created);
        json_write_pairs(writer, "annotations", &container->annotations);
        yajl_gen_map_close(writer);
    }
}

static int run(const struct globals *globals, int count, char **operands, struct error *error) {
    (void)count;
    (void)operands;
    bool json = strcmp(format, "json") == 0;
    if (!json && strcmp(format, "table") != 0)
        return fail(error, EINVAL, "--format: expected table or json, found \"%.40s\"", format);
    json_writer writer = json && !quiet ? json_write_begin(true) : NULL;
    if (writer != NULL)
        yajl_gen_array_open(writer);
    else if (!quiet)
        printf("%-24s %-8s %-10s %-22s %s\n", "ID", "PID", "STATUS", "CREATED", "BUNDLE");
    // No directory: no container was ever made.
    DIR *directory = opendir(globals->root);
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        struct container container;
        struct error ignored;
        if (entry->d_name[0] == '.' || find_container(globals, entry->d_name, &container, &ignored) < 0)
            continue; // deleted meanwhile
        print(writer, &container);
        close(container.directory);
    }
    if (directory != NULL)
        closedir(directory);
    if (writer == NULL)
        return 0;
    yajl_gen_array_close(writer);
    fputs(json_write_end(writer, globals->arena), stdout);
    return 0;
}

const struct command command_list = {
    "list", "list [OPTION]...", "list the containers", options, 0, 0, run,
};
