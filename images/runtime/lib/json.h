// RFC 8259 by way of yajl: a tree in an arena, and a cursor that knows where in the document it stands.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "error.h"

enum json_type { JSON_NULL, JSON_BOOLEAN, JSON_INTEGER, JSON_REAL, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
    enum json_type type;
    bool negative;     // of JSON_INTEGER
    const char *name;  // member's name in its object
    struct json *next; // next member or element
    size_t begin, end; // of JSON_OBJECT: where its text stands in the document
    union {
        bool boolean;
        uint64_t magnitude; // of JSON_INTEGER
        const char *string; // UTF-8 without NUL
        struct {
            struct json *first;
            size_t count;
        };
    };
};

// What a hostile document may cost: bytes, levels of nesting, members of one object.
#define JSON_MAX_BYTES (1024 * 1024)
#define JSON_MAX_DEPTH 64
#define JSON_MAX_MEMBERS 1024

// `text` must outlive nothing: the tree owns copies. The sentence in `error` begins with line and column.
int json_parse(struct arena *arena, const char *text, size_t length, struct json **out, struct error *error);

// A place in the document. Lives on the stack of the function that reads it; `json` is NULL when absent.
struct place {
    const struct place *parent;
    const char *name;
    size_t index; // when name is NULL
    const struct json *json;
};

struct place place_root(const struct json *json);
struct place place_member(const struct place *object, const char *name);
struct place place_element(const struct place *array, size_t index, const struct json *json);

// Every value must be of the type it has in the OCI specification; null counts as absent. Absent leaves `out`
// alone.
int read_bool(const struct place *at, bool *out, struct error *error);
int read_string(const struct place *at, const char **out, struct error *error);
int read_signed(const struct place *at, int64_t low, int64_t high, int64_t *out, struct error *error);
int read_unsigned(const struct place *at, uint64_t high, uint64_t *out, struct error *error);
// Succeed with 1 when there is an array or object, 0 when it is absent.
int read_array(const struct place *at, struct error *error);
int read_object(const struct place *at, struct error *error);

struct strings {
    const char **items; // NULL after the last
    size_t count;
};
int read_strings(const struct place *at, struct arena *arena, struct strings *out, struct error *error);

int fail_absent(const struct place *at, struct error *error);
// "linux.namespaces[2].type: expected ..., found ..."
int fail_at(const struct place *at, struct error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
