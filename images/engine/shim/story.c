#include "story.h"

#include <string.h>

#include "append.h"
#include "control.h"
#include "failure.h"

// One failure and some short lines: every kind of line comes once at most.
enum { STORY_MAX = FAILURE_MAX + 512 };

static char told[STORY_MAX];
static size_t told_length;

const char *story(size_t *length) {
    *length = told_length;
    return told;
}

// A line begins here and ends with tell.
static char *line(const char *verb) {
    return append_text(told + told_length, verb);
}

static void tell(char *end) {
    const char *start = told + told_length;
    *end++ = '\n';
    told_length = (size_t)(end - told);
    control_tell(start, (size_t)(end - start));
}

void story_ready(void) {
    tell(line("ready"));
}

void story_created(pid_t pid) {
    tell(append_number(line("created "), (uint64_t)pid));
}

void story_started(void) {
    tell(line("started"));
}

void story_failed(const char *text, size_t length) {
    char *at = line("failed ");
    memcpy(at, text, length);
    tell(at + length);
}

void story_exited(int status, int64_t unix_ns) {
    char *at = append_number(line("exited "), (uint64_t)status);
    *at++ = ' ';
    tell(append_number(at, (uint64_t)unix_ns));
}

void story_log_failed(int number) {
    tell(append_text(append_text(line("log-error \""), strerror(number)), "\""));
}
