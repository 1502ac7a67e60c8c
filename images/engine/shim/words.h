#pragma once
#include <stddef.h>

// What the runtime says on its standard error: the end of it, for want of a better explanation.

// Reads what is there and does not wait.
void words_take(int fd);
void words_forget(void);

// Without the last newline; valid until more is taken.
const char *words(size_t *length);
