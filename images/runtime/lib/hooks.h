// https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md#posix-platform-hooks
#pragma once
#include "config.h"

// Runs the hooks of one kind in order, each with the container's state on its standard input. The first that
// fails ends it, and is named.
int hooks_run(const struct config *config, enum hook_kind kind, const char *state, struct error *error);
