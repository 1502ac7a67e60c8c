#pragma once
#include <stddef.h>

// The message of the last error in a runtime's log (lines of JSON with "level" and "msg"), as a JSON string
// with its quotes, or NULL.
const char *failure_message(const char *log, size_t length, size_t *message_length);

// The most that failure_append writes.
enum { FAILURE_MAX = 8 * 1024 };

// Why a call of the runtime failed, as a JSON string: from the log at `path`, else what it has said on
// standard error, else its wait status.
char *failure_append(char *at, const char *path, int status);
