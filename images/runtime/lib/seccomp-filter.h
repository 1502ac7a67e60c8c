// A seccomp profile as a classic BPF program, compiled by libseccomp.
#pragma once
#include <linux/filter.h>

#include "config.h"

struct seccomp_filter {
    struct sock_fprog program; // len 0: none
    unsigned flags;            // SECCOMP_FILTER_FLAG_*
};

// `root` is the state root: compiled programs are kept below it, because compiling costs more than all other
// steps of a container start together (docs/adr/0041). `seccomp`
// may be NULL. The program is the arena's.
int seccomp_filter_make(struct arena *arena, const struct seccomp *seccomp, const char *root,
                        struct seccomp_filter *out, struct error *error);
