// What the files that read config.json share. Each reads one section into its struct.
#pragma once
#include "config.h"

// Reads an array with `read_item(arena, &element, &item, error)`.
#define read_list(at, arena, list, read_item, error) \
    do { \
        const struct place *list_at = (at); \
        int list_present = read_array(list_at, error); \
        if (list_present < 0) \
            return list_present; \
        if (list_present == 0) \
            break; \
        (list)->count = list_at->json->count; \
        (list)->items = arena_alloc(arena, (list)->count * sizeof *(list)->items); \
        size_t list_index = 0; \
        for (const struct json *json = list_at->json->first; json != NULL; \
             json = json->next, list_index++) { \
            struct place list_element = place_element(list_at, list_index, json); \
            try(read_item(arena, &list_element, &(list)->items[list_index], error)); \
        } \
    } while (0)

int read_process(struct arena *arena, const struct place *at, struct process *out, struct error *error);
// `text` is the whole document.
int read_linux(struct arena *arena, const struct place *at, const char *text, struct config *out,
               struct error *error);
int read_resources(struct arena *arena, const struct place *at, struct config *out, struct error *error);
int read_seccomp(struct arena *arena, const struct place *at, const char *text, struct seccomp **out,
                 struct error *error);

int read_absolute_path(const struct place *at, const char **out, struct error *error);
int read_id(const struct place *at, uint32_t *out, struct error *error);
// An object of strings, as annotations and sysctls are.
int read_pairs(struct arena *arena, const struct place *at, pairs *out, struct error *error);
// A member that would change what the container may do and that this runtime cannot honour.
int refuse_member(const struct place *object, const char *name, struct error *error);
