// What every subcommand is made of. One file per subcommand, each ending in its `struct command`.
#pragma once
#include "../lib/container.h"
#include "../lib/error.h"
#include "../lib/launch.h"
#include "options.h"

struct globals {
    const char *root; // of container states
    struct arena *arena;
};

struct command {
    const char *name, *usage, *summary;
    const struct option_spec *options;
    int least, most; // operands; most -1: any number
    // The exit status, or a negative errno with the sentence in `error`.
    int (*run)(const struct globals *globals, int count, char **operands, struct error *error);
};

extern const struct command command_create, command_delete, command_exec, command_features, command_kill,
    command_list, command_pause, command_ps, command_resume, command_run, command_spec, command_start,
    command_state;

// The container of that name.
int find_container(const struct globals *globals, const char *id, struct container *out, struct error *error);
// What create and run have in common: enters the bundle and reads its configuration.
int open_bundle(const struct globals *globals, const char *bundle, const char *id,
                struct container *container, struct config *config, struct text *text, struct error *error);
// Stays in the foreground until the launched process ends; its exit status.
int attend(struct launched *launched, struct error *error);
