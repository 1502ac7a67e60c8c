#include "arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES (64 * 1024) // a Docker-like configuration and its tree fit in one
#define ALIGNMENT 8

struct arena_chunk {
    struct arena_chunk *previous;
    char bytes[] __attribute__((aligned(ALIGNMENT)));
};

void *arena_alloc(struct arena *arena, size_t size) {
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (size > arena->left) {
        size_t capacity = size > CHUNK_BYTES ? size : CHUNK_BYTES;
        // Fresh chunks come from the kernel, already zero.
        struct arena_chunk *chunk = calloc(1, sizeof *chunk + capacity);
        if (chunk == NULL) {
            fputs("hullrun: out of memory\n", stderr);
            abort();
        }
        chunk->previous = arena->chunks;
        arena->chunks = chunk;
        arena->next = chunk->bytes;
        arena->left = capacity;
    }
    void *result = arena->next;
    arena->next += size;
    arena->left -= size;
    return result;
}

char *arena_copy(struct arena *arena, const char *bytes, size_t length) {
    char *copy = arena_alloc(arena, length + 1);
    memcpy(copy, bytes, length);
    return copy;
}

char *arena_format(struct arena *arena, const char *format, ...) {
    char text[4096];
    va_list values;
    va_start(values, format);
    int length = vsnprintf(text, sizeof text, format, values);
    va_end(values);
    if (length < 0)
        length = 0;
    if ((size_t)length >= sizeof text)
        length = sizeof text - 1;
    return arena_copy(arena, text, (size_t)length);
}

void arena_free(struct arena *arena) {
    for (struct arena_chunk *chunk = arena->chunks; chunk != NULL;) {
        struct arena_chunk *previous = chunk->previous;
        free(chunk);
        chunk = previous;
    }
    *arena = (struct arena){0};
}
