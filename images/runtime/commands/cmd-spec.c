#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "../lib/scope.h"
#include "../lib/sys.h"
#include "command.h"

// default-config.json, put into the program by default-config.S.
extern const char default_config[], default_config_end[];

static const char *bundle = ".";

static const struct option_spec options[] = {
    {"bundle", 'b', OPTION_TEXT, &bundle, "directory that gets config.json (default: the working directory)"},
    {0},
};

static int run(const struct globals *globals, int count, char **operands, struct error *error) {
    (void)globals;
    (void)count;
    (void)operands;
    size_t length = (size_t)(default_config_end - default_config);
    owned_fd directory = sys_openat(AT_FDCWD, bundle, O_RDONLY | O_DIRECTORY, 0);
    owned_fd file =
        directory < 0 ? directory : sys_openat(directory, "config.json", O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (file == -EEXIST)
        return fail(error, EEXIST, "%s/config.json exists; remove it first", bundle);
    if (file < 0 || write(file, default_config, length) != (ssize_t)length)
        return fail_sys(error, file < 0 ? file : -errno, "cannot write %s/config.json", bundle);
    return 0;
}

const struct command command_spec = {
    "spec", "spec [OPTION]...", "write a config.json like Docker's defaults", options, 0, 0, run,
};
