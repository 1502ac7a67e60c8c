#pragma once
#include <stdint.h>

// The file `exit` in the working directory, "STATUS UNIXNS\n": for an engine that was not there when it
// happened.

// Whole or not at all. 0 or a negative errno.
int exit_record_write(int status, int64_t unix_ns);

// That of an earlier run.
void exit_record_forget(void);
