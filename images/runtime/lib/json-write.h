// RFC 8259 by way of yajl, for what hullrun prints and stores.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <yajl/yajl_gen.h>

#include "config.h"

typedef yajl_gen json_writer;

json_writer json_write_begin(bool pretty);
void json_write_name(json_writer writer, const char *name);
void json_write_string(json_writer writer, const char *name, const char *value);
void json_write_integer(json_writer writer, const char *name, int64_t value);
void json_write_bool(json_writer writer, const char *name, bool value);
// Array of all words of a table, or of `count` strings.
void json_write_words(json_writer writer, const char *name, const struct word *words);
void json_write_strings(json_writer writer, const char *name, const char *const *items, size_t count);
void json_write_pairs(json_writer writer, const char *name, const pairs *pairs);
// The text, in the arena.
const char *json_write_end(json_writer writer, struct arena *arena);
