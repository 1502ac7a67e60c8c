// What engines read when something goes wrong: --log FILE in --log-format text or json, and standard error.
#pragma once
#include <stdbool.h>

#include "error.h"

int log_open(const char *path, const char *format, struct error *error);
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
