#include "json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct place place_root(const struct json *json) {
    return (struct place){.json = json};
}

struct place place_member(const struct place *object, const char *name) {
    struct place member = {.parent = object, .name = name};
    if (object->json == NULL || object->json->type != JSON_OBJECT)
        return member;
    for (const struct json *json = object->json->first; json != NULL; json = json->next)
        if (strcmp(json->name, name) == 0 && json->type != JSON_NULL)
            member.json = json;
    return member;
}

struct place place_element(const struct place *array, size_t index, const struct json *json) {
    return (struct place){.parent = array, .index = index, .json = json};
}

// Writes "linux.namespaces[2].type"; returns its length as snprintf does.
static size_t write_path(const struct place *at, char *out, size_t size) {
    if (at->parent == NULL)
        return 0;
    size_t length = write_path(at->parent, out, size);
    char *end = length < size ? out + length : NULL;
    size_t left = length < size ? size - length : 0;
    if (at->name == NULL)
        return length + (size_t)snprintf(end, left, "[%zu]", at->index);
    return length + (size_t)snprintf(end, left, length > 0 ? ".%.100s" : "%.100s", at->name);
}

int fail_at(const struct place *at, struct error *error, const char *format, ...) {
    char path[256] = "", sentence[256];
    va_list values;
    va_start(values, format);
    vsnprintf(sentence, sizeof sentence, format, values);
    va_end(values);
    write_path(at, path, sizeof path);
    return fail(error, EINVAL, "%s: %s", path[0] != '\0' ? path : "document", sentence);
}

int fail_absent(const struct place *at, struct error *error) {
    return fail_at(at, error, "is required and missing");
}

static int fail_type(const struct place *at, const char *expected, struct error *error) {
    static const char *const names[] = {
        [JSON_NULL] = "null",        [JSON_BOOLEAN] = "a boolean", [JSON_INTEGER] = "a number",
        [JSON_REAL] = "a fraction",  [JSON_STRING] = "a string",   [JSON_ARRAY] = "an array",
        [JSON_OBJECT] = "an object",
    };
    return fail_at(at, error, "expected %s, found %s", expected, names[at->json->type]);
}

int read_bool(const struct place *at, bool *out, struct error *error) {
    if (at->json == NULL)
        return 0;
    if (at->json->type != JSON_BOOLEAN)
        return fail_type(at, "a boolean", error);
    *out = at->json->boolean;
    return 0;
}

int read_string(const struct place *at, const char **out, struct error *error) {
    if (at->json == NULL)
        return 0;
    if (at->json->type != JSON_STRING)
        return fail_type(at, "a string", error);
    *out = at->json->string;
    return 0;
}

int read_signed(const struct place *at, int64_t low, int64_t high, int64_t *out, struct error *error) {
    const struct json *json = at->json;
    if (json == NULL)
        return 0;
    if (json->type != JSON_INTEGER)
        return fail_type(at, "an integer", error);
    bool representable = json->magnitude <= (uint64_t)INT64_MAX;
    int64_t value = representable ? (int64_t)json->magnitude : 0;
    if (json->negative)
        value = -value;
    if (!representable || value < low || value > high)
        return fail_at(at, error, "expected an integer from %" PRId64 " to %" PRId64 ", found %s%" PRIu64,
                       low, high, json->negative ? "-" : "", json->magnitude);
    *out = value;
    return 0;
}

int read_unsigned(const struct place *at, uint64_t high, uint64_t *out, struct error *error) {
    const struct json *json = at->json;
    if (json == NULL)
        return 0;
    if (json->type != JSON_INTEGER)
        return fail_type(at, "an integer", error);
    if ((json->negative && json->magnitude > 0) || json->magnitude > high)
        return fail_at(at, error, "expected an integer from 0 to %" PRIu64 ", found %s%" PRIu64, high,
                       json->negative ? "-" : "", json->magnitude);
    *out = json->magnitude;
    return 0;
}

int read_array(const struct place *at, struct error *error) {
    if (at->json == NULL)
        return 0;
    return at->json->type == JSON_ARRAY ? 1 : fail_type(at, "an array", error);
}

int read_object(const struct place *at, struct error *error) {
    if (at->json == NULL)
        return 0;
    return at->json->type == JSON_OBJECT ? 1 : fail_type(at, "an object", error);
}

int read_strings(const struct place *at, struct arena *arena, struct strings *out, struct error *error) {
    int present = read_array(at, error);
    if (present <= 0)
        return present;
    const char **items = arena_alloc(arena, (at->json->count + 1) * sizeof *items);
    size_t index = 0;
    for (const struct json *json = at->json->first; json != NULL; json = json->next, index++) {
        struct place element = place_element(at, index, json);
        if (json->type != JSON_STRING)
            return fail_type(&element, "a string", error);
        items[index] = json->string;
    }
    *out = (struct strings){.items = items, .count = at->json->count};
    return 0;
}
