#pragma once
#include <stddef.h>
#include <stdint.h>

// A file of records that is replaced when it has grown: NAME, NAME.1, ... NAME.<files - 1>, the newest first.

// 0 or a negative errno.
int log_file_open(const char *path, uint64_t size, unsigned files);

// Begins another file if this one, with `pending` bytes that are about to be appended, has reached its size.
// A file that cannot be replaced is written on: a negative errno says that.
int log_file_is_full(size_t pending);
int log_file_replace(void);

// All of these bytes or none: -ENOSPC and others leave whole records behind.
int log_file_append(const void *bytes, size_t length);
