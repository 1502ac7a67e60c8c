// Compiled seccomp programs, kept until the next boot. A program is found by the whole text that it was
// compiled from: a hash only chooses the file, so that nobody can craft a profile that gets another's
// program.
#pragma once
#include <linux/filter.h>
#include <stdbool.h>

#include "config.h"

bool seccomp_cache_find(struct arena *arena, const char *root, const struct seccomp *seccomp,
                        struct sock_fprog *out);
// Failing is harmless: the next start compiles again.
void seccomp_cache_keep(struct arena *arena, const char *root, const struct seccomp *seccomp,
                        const struct sock_fprog *program);
