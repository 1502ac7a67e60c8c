#include "command.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <fcntl.h>

#include "../lib/console.h"
#include "../lib/scope.h"
#include "../lib/signals.h"
#include "../lib/sys.h"

int find_container(const struct globals *globals, const char *id, struct container *out,
                   struct error *error) {
    struct container container = {
        .id = arena_format(globals->arena, "%s", id), .root = globals->root, .directory = -1};
    try(container_load(&container, globals->arena, error));
    *out = container;
    return 0;
}

int open_bundle(const struct globals *globals, const char *bundle, const char *id,
                struct container *container, struct config *config, struct text *text, struct error *error) {
    char path[PATH_MAX];
    try(container_check_id(id, error));
    int result = sys_chdir(bundle);
    if (result < 0)
        return fail_sys(error, result, "--bundle: cannot enter %s", bundle);
    if (getcwd(path, sizeof path) == NULL)
        return fail_sys(error, -errno, "--bundle: cannot tell where %s is", bundle);
    container->id = id;
    container->root = globals->root;
    container->bundle = arena_format(globals->arena, "%s", path);
    return config_load(globals->arena, AT_FDCWD, config, text, error);
}

int attend(struct launched *launched, struct error *error) {
    if (launched->master >= 0) {
        owned_fd signals = signals_open(error);
        if (signals < 0)
            return signals;
        try(console_relay(launched->master, launched->pidfd, signals, error));
    }
    return signals_wait(launched->pid, launched->pidfd, error);
}
