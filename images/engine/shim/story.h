#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// What is said on control connections: to those who are there at once, to later ones when they come.

void story_ready(void);
void story_created(pid_t pid);
void story_started(void);

// `text` is a JSON string, FAILURE_MAX bytes at most.
void story_failed(const char *text, size_t length);
void story_exited(int status, int64_t unix_ns);

// A positive errno.
void story_log_failed(int number);

// All lines so far.
const char *story(size_t *length);
