#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int read_number(const char *text, uint64_t *number) {
    char *end;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end != '\0')
        return -EINVAL;
    // Docker's -1 is "no limit" as well.
    *number = value < 0 ? 0 : (uint64_t)value;
    return 0;
}

static bool *flag_named(const char *name, struct options *options) {
    if (strcmp(name, "--tty") == 0)
        return &options->tty;
    if (strcmp(name, "--run") == 0)
        return &options->run;
    if (strcmp(name, "--stdin") == 0)
        return &options->input;
    return strcmp(name, "--stdin-once") == 0 ? &options->input_once : NULL;
}

static int read_value(const char *name, const char *value, struct options *options) {
    uint64_t files;
    if (value == NULL)
        return -EINVAL;
    if (strcmp(name, "--runtime") == 0) {
        options->runtime = value;
    } else if (strcmp(name, "--runtime-arg") == 0) {
        if (options->runtime_argument_count == RUNTIME_ARGUMENTS)
            return -EINVAL;
        options->runtime_arguments[options->runtime_argument_count++] = value;
    } else if (strcmp(name, "--exec") == 0) {
        options->exec = value;
    } else if (strcmp(name, "--trace") == 0) {
        options->trace = value;
    } else if (strcmp(name, "--log") == 0) {
        options->log = value;
    } else if (strcmp(name, "--log-size") == 0) {
        return read_number(value, &options->log_size);
    } else if (strcmp(name, "--log-files") == 0 && read_number(value, &files) == 0 && files <= 1000) {
        options->log_files = files > 0 ? (unsigned)files : 1;
    } else {
        return -EINVAL;
    }
    return 0;
}

int options_read(char **arguments, struct options *out) {
    struct options options = {.runtime = "hullrun", .log_files = 1};
    for (; *arguments != NULL && strncmp(*arguments, "--", 2) == 0; arguments++) {
        bool *flag = flag_named(*arguments, &options);
        if (flag != NULL) {
            *flag = true;
            continue;
        }
        int error = read_value(arguments[0], arguments[1], &options);
        if (error < 0)
            return error;
        arguments++;
    }
    if (arguments[0] == NULL || arguments[0][0] != '/' || arguments[1] == NULL || arguments[2] != NULL)
        return -EINVAL;
    options.directory = arguments[0];
    options.id = arguments[1];
    *out = options;
    return 0;
}
