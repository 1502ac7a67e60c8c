#include "json-write.h"

#include <string.h>

json_writer json_write_begin(bool pretty) {
    json_writer writer = yajl_gen_alloc(NULL);
    yajl_gen_config(writer, yajl_gen_beautify, pretty);
    yajl_gen_config(writer, yajl_gen_indent_string, "  ");
    return writer;
}

static void write_text(json_writer writer, const char *text) {
    yajl_gen_string(writer, (const unsigned char *)text, strlen(text));
}

void json_write_name(json_writer writer, const char *name) {
    if (name != NULL)
        write_text(writer, name);
}

void json_write_string(json_writer writer, const char *name, const char *value) {
    json_write_name(writer, name);
    write_text(writer, value != NULL ? value : "");
}

void json_write_integer(json_writer writer, const char *name, int64_t value) {
    json_write_name(writer, name);
    yajl_gen_integer(writer, value);
}

void json_write_bool(json_writer writer, const char *name, bool value) {
    json_write_name(writer, name);
    yajl_gen_bool(writer, value);
}

void json_write_words(json_writer writer, const char *name, const struct word *words) {
    json_write_name(writer, name);
    yajl_gen_array_open(writer);
    for (; words->name != NULL; words++)
        write_text(writer, words->name);
    yajl_gen_array_close(writer);
}

void json_write_strings(json_writer writer, const char *name, const char *const *items, size_t count) {
    json_write_name(writer, name);
    yajl_gen_array_open(writer);
    for (size_t i = 0; i < count; i++)
        write_text(writer, items[i]);
    yajl_gen_array_close(writer);
}

void json_write_pairs(json_writer writer, const char *name, const pairs *pairs) {
    json_write_name(writer, name);
    yajl_gen_map_open(writer);
    for (size_t i = 0; i < pairs->count; i++)
        json_write_string(writer, pairs->items[i].name, pairs->items[i].value);
    yajl_gen_map_close(writer);
}

const char *json_write_end(json_writer writer, struct arena *arena) {
    const unsigned char *text = NULL;
    size_t length = 0;
    yajl_gen_get_buf(writer, &text, &length);
    const char *copy = arena_copy(arena, (const char *)text, length);
    yajl_gen_free(writer);
    return copy;
}
