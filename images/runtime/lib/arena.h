// Memory that is given back all at once. A configuration lives as long as the command that read it.
#pragma once
#include <stddef.h>

struct arena_chunk;
struct arena {
    struct arena_chunk *chunks;
    char *next;
    size_t left;
};

// Zeroed, aligned for any type. Ends the program when memory is out: there is nothing sensible left to do.
void *arena_alloc(struct arena *arena, size_t size);
char *arena_copy(struct arena *arena, const char *bytes, size_t length);
char *arena_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
void arena_free(struct arena *arena);
