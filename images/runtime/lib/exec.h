// A further process in a running container.
#pragma once
#include "container.h"
#include "launch.h"

// `config` is the container's; `process` is what to run. On success the program runs.
int container_exec(const struct container *container, const struct config *config, struct process *process,
                   const struct launch_options *options, struct arena *arena, struct launched *out,
                   struct error *error);
