#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_BYTES 768
#define BUFFER_BYTES (32 * 1024) // a container start is about 200 lines of 150 bytes

bool trace_enabled;
static int trace_fd = -1;
static uint64_t origin;
static const char *step = "start";
static const char *process = "runtime";
static char buffer[BUFFER_BYTES];
static size_t used;

static uint64_t clock_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t trace_now(void) {
    return clock_ns(CLOCK_MONOTONIC) - origin;
}

int trace_open(const char *path, struct error *error) {
    trace_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
    if (trace_fd < 0)
        return fail_sys(error, -errno, "cannot write the trace to %s", path);
    trace_enabled = true;
    origin = clock_ns(CLOCK_MONOTONIC);
    char realtime[40];
    snprintf(realtime, sizeof realtime, "%" PRIu64, clock_ns(CLOCK_REALTIME));
    trace_line("clock_gettime", 0, 0, 0, realtime);
    return 0;
}

int trace_descriptor(void) {
    return trace_fd;
}

void trace_step(const char *name) {
    step = name;
}

void trace_enter_container(void) {
    process = "container";
    used = 0; // inherited lines are the runtime's to write
}

void trace_flush(void) {
    for (size_t written = 0; written < used;) {
        ssize_t count = write(trace_fd, buffer + written, used - written);
        if (count <= 0)
            break; // a full disk must not stop a container
        written += (size_t)count;
    }
    used = 0;
}

// JSON string without its quotes, cut where `size` ends.
static void escape(const char *text, char *out, size_t size) {
    size_t length = 0;
    for (; *text != '\0' && length + 7 < size; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            length += (size_t)snprintf(out + length, size - length, "\\%c", c);
        else if (c < 0x20 || c > 0x7e)
            length += (size_t)snprintf(out + length, size - length, "\\u%04x", c);
        else
            out[length++] = (char)c;
    }
    out[length] = '\0';
}

void trace_line(const char *syscall, uint64_t start, uint64_t end, long result, const char *detail) {
    int saved = errno;
    char words[256], duration[24] = "null", outcome[64] = "true";
    escape(detail, words, sizeof words);
    if (end != TRACE_NEVER_RETURNS)
        snprintf(duration, sizeof duration, "%" PRIu64, end - start);
    if (result < 0)
        snprintf(outcome, sizeof outcome, "false,\"error\":\"%s\"", strerrorname_np((int)-result));
    if (sizeof buffer - used < LINE_BYTES)
        trace_flush();
    int length = snprintf(buffer + used, LINE_BYTES,
                          "{\"step\":\"%s\",\"syscall\":\"%s\",\"atNs\":%" PRIu64
                          ",\"ns\":%s,\"ok\":%s,\"process\":\"%s\",\"detail\":\"%s\"}\n",
                          step, syscall, start, duration, outcome, process, words);
    if (length > 0 && length < LINE_BYTES)
        used += (size_t)length;
    errno = saved;
}
