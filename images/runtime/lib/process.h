// The program in the container, and everything about the process that runs it.
#pragma once
#include "config.h"
#include "seccomp-filter.h"

// Changes to the working directory, finds the program, adds HOME when it is not set. Runs inside the
// container's root, still as root.
int process_prepare(struct process *process, struct arena *arena, const char **program, struct error *error);
// Gives up what the process may not have, and becomes the program. Returns only when that fails.
int process_become(const struct process *process, const struct seccomp_filter *filter, const char *program,
                   struct error *error);
// Called by the runtime, whose right to lower it the init may no longer have.
int process_set_oom_score(const struct process *process, pid_t pid, struct error *error);
