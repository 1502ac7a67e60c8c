// Signals of a runtime that stays in the foreground.
#pragma once
#include <sys/types.h>

#include "error.h"

// Holds signals back from here on, so that none is lost before somebody waits for them. Before launching.
int signals_hold(struct error *error);
// A descriptor on which held signals can be read.
int signals_open(struct error *error);
// In a new process, before it becomes a program: what this program and its caller have done to signals.
void signals_reset(void);
// Hands signals on to the process until it ends; its exit status as a shell has it: 128 + signal when killed.
int signals_wait(pid_t pid, int pidfd, struct error *error);
// "TERM", "SIGTERM" or "15".
int signal_number(const char *word, struct error *error);
