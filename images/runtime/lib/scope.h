// Scope clean-up: what is declared with these macros is given back on every way out of the block.
#pragma once
#include <stdlib.h>
#include <unistd.h>

static inline void scope_close(const int *fd) {
    if (*fd >= 0)
        close(*fd);
}

static inline void scope_free(void *pointer) {
    free(*(void **)pointer);
}

#define owned_fd __attribute__((cleanup(scope_close))) int
#define owned_text __attribute__((cleanup(scope_free))) char *

// Hands the descriptor to the caller: the scope no longer closes it.
static inline int release_fd(int *fd) {
    int released = *fd;
    *fd = -1;
    return released;
}
