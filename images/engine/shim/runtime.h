#pragma once
#include <sys/types.h>

#include "options.h"

// Calls of the OCI runtime: https://github.com/opencontainers/runtime-spec/blob/v1.2.0/runtime.md

enum runtime_call { RUNTIME_CREATE, RUNTIME_START, RUNTIME_EXEC, RUNTIME_RUN };

// What it writes besides, in the working directory.
#define RUNTIME_LOG "runtime.log"
#define RUNTIME_PID "pid"

// Starts a call with these standard streams. 0 or a negative errno.
int runtime_spawn(const struct options *options, enum runtime_call call, const int streams[3], pid_t *pid);

// The process that create or exec has made, or a negative errno.
pid_t runtime_made(void);
