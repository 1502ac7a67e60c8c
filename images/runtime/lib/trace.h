// What --trace writes: one JSON line per step, with the system call behind it. Format: ../TRACE.md.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "error.h"

int trace_open(const char *path, struct error *error);
// Names what the following system calls are for.
void trace_step(const char *step);
// The calling process is the container's from here on, not the runtime's.
void trace_enter_container(void);
// Lines are kept in memory, because writing one costs more than most steps; each process writes out its own.
void trace_flush(void);
int trace_descriptor(void); // -1 when there is no trace

extern bool trace_enabled;
uint64_t trace_now(void);
// `result` is 0 or more, or a negative errno. `ns` of a call that does not return is unknown.
void trace_line(const char *syscall, uint64_t start, uint64_t end, long result, const char *detail);
#define TRACE_NEVER_RETURNS UINT64_MAX

// Evaluates a call that returns -1 and sets errno; gives its result or a negative errno, and traces it.
#define traced(syscall, detail, call) \
    ({ \
        uint64_t traced_start = trace_enabled ? trace_now() : 0; \
        long traced_result = (long)(call); \
        if (traced_result < 0) \
            traced_result = -errno; \
        if (trace_enabled) \
            trace_line(syscall, traced_start, trace_now(), traced_result, detail); \
        (int)traced_result; \
    })
