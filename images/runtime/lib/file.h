// Whole small files.
#pragma once
#include "arena.h"
#include "config.h"
#include "error.h"

// -ENOENT and the like with a sentence naming `path`; -EFBIG beyond `limit` bytes. The text ends with a NUL
// besides.
int file_read(struct arena *arena, int directory, const char *path, size_t limit, struct text *out,
              struct error *error);
// Appears under its name with all of its content or not at all.
int file_write(int directory, const char *path, const char *bytes, size_t length, struct error *error);
