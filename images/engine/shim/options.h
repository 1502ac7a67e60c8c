#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { RUNTIME_ARGUMENTS = 16 };

struct options {
    // An absolute path, and the container's name.
    const char *directory, *id;
    const char *runtime;
    const char *runtime_arguments[RUNTIME_ARGUMENTS];
    int runtime_argument_count;
    // The file that describes an exec's process, or NULL.
    const char *exec;
    // Where a runtime that knows --trace writes its steps, or NULL.
    const char *trace;
    bool tty, input, input_once;
    // Create and start in one call of the runtime, when the start is asked for.
    bool run;
    // NULL: no log. Size 0: as long as it gets.
    const char *log;
    uint64_t log_size;
    unsigned log_files;
};

// 0 or -EINVAL. `arguments` ends with NULL.
int options_read(char **arguments, struct options *options);
