#include "json.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <yajl/yajl_parse.h>

// The document while it is read: the open objects and arrays, and where their next child goes.
struct builder {
    struct arena *arena;
    yajl_handle parser;
    const char *complaint; // why a callback has stopped the parser
    const char *name;      // of the member whose value comes next
    size_t depth;
    struct json *root;
    struct {
        struct json *container;
        struct json **tail;
    } open[JSON_MAX_DEPTH];
};

static int refuse(struct builder *builder, const char *complaint) {
    builder->complaint = complaint;
    return 0;
}

static struct json *append(struct builder *builder, enum json_type type) {
    struct json *json = arena_alloc(builder->arena, sizeof *json);
    json->type = type;
    if (builder->depth == 0) {
        builder->root = json;
        return json;
    }
    size_t top = builder->depth - 1;
    json->name = builder->name;
    builder->name = NULL;
    *builder->open[top].tail = json;
    builder->open[top].tail = &json->next;
    builder->open[top].container->count++;
    return json;
}

static int on_null(void *context) {
    append(context, JSON_NULL);
    return 1;
}

static int on_boolean(void *context, int value) {
    append(context, JSON_BOOLEAN)->boolean = value;
    return 1;
}

// yajl's own integers are signed 64 bits wide; limits in the OCI specification are unsigned.
static int on_number(void *context, const char *text, size_t length) {
    struct json *json = append(context, JSON_INTEGER);
    size_t at = 0;
    if (text[0] == '-') {
        json->negative = true;
        at = 1;
    }
    for (; at < length; at++) {
        if (!isdigit((unsigned char)text[at])) {
            json->type = JSON_REAL;
            return 1;
        }
        uint64_t digit = (uint64_t)(text[at] - '0');
        if (json->magnitude > (UINT64_MAX - digit) / 10)
            return refuse(context, "a number does not fit into 64 bits");
        json->magnitude = json->magnitude * 10 + digit;
    }
    return 1;
}

static int on_string(void *context, const unsigned char *text, size_t length) {
    struct builder *builder = context;
    if (memchr(text, 0, length) != NULL)
        return refuse(builder, "a string holds the character U+0000");
    append(builder, JSON_STRING)->string = arena_copy(builder->arena, (const char *)text, length);
    return 1;
}

static int on_name(void *context, const unsigned char *text, size_t length) {
    struct builder *builder = context;
    const struct json *object = builder->open[builder->depth - 1].container;
    if (memchr(text, 0, length) != NULL)
        return refuse(builder, "a name holds the character U+0000");
    if (object->count == JSON_MAX_MEMBERS)
        return refuse(builder, "an object has more than 1024 members");
    builder->name = arena_copy(builder->arena, (const char *)text, length);
    for (const struct json *member = object->first; member != NULL; member = member->next)
        if (strcmp(member->name, builder->name) == 0)
            return refuse(builder, "a name occurs twice in one object");
    return 1;
}

static int begin(struct builder *builder, enum json_type type) {
    if (builder->depth == JSON_MAX_DEPTH)
        return refuse(builder, "nested deeper than 64 levels");
    struct json *json = append(builder, type);
    json->begin = yajl_get_bytes_consumed(builder->parser) - 1;
    builder->open[builder->depth].container = json;
    builder->open[builder->depth].tail = &json->first;
    builder->depth++;
    return 1;
}

static int on_end(void *context) {
    struct builder *builder = context;
    builder->depth--;
    builder->open[builder->depth].container->end = yajl_get_bytes_consumed(builder->parser);
    return 1;
}

static int on_object(void *context) {
    return begin(context, JSON_OBJECT);
}

static int on_array(void *context) {
    return begin(context, JSON_ARRAY);
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_object,
    .yajl_map_key = on_name,
    .yajl_end_map = on_end,
    .yajl_start_array = on_array,
    .yajl_end_array = on_end,
};

static int fail_syntax(struct builder *builder, const char *text, size_t offset, struct error *error) {
    size_t line = 1, column = 1;
    for (size_t i = 0; i < offset; i++) {
        column++;
        if (text[i] == '\n') {
            line++;
            column = 1;
        }
    }
    if (builder->complaint != NULL)
        return fail(error, EINVAL, "line %zu, column %zu: %s", line, column, builder->complaint);
    unsigned char *message = yajl_get_error(builder->parser, 0, NULL, 0);
    // yajl ends its sentence with a newline.
    int length = (int)strcspn((const char *)message, "\n");
    fail(error, EINVAL, "line %zu, column %zu: not valid JSON: %.*s", line, column, length, message);
    yajl_free_error(builder->parser, message);
    return -EINVAL;
}

int json_parse(struct arena *arena, const char *text, size_t length, struct json **out, struct error *error) {
    if (length > JSON_MAX_BYTES)
        return fail(error, EFBIG, "larger than %d bytes", JSON_MAX_BYTES);
    struct builder builder = {.arena = arena};
    builder.parser = yajl_alloc(&callbacks, NULL, &builder);
    if (builder.parser == NULL)
        return fail(error, ENOMEM, "out of memory");
    yajl_status status = yajl_parse(builder.parser, (const unsigned char *)text, length);
    size_t offset = yajl_get_bytes_consumed(builder.parser);
    if (status == yajl_status_ok)
        status = yajl_complete_parse(builder.parser);
    int result = 0;
    if (status != yajl_status_ok)
        result = fail_syntax(&builder, text, offset, error);
    else if (builder.root == NULL)
        result = fail(error, EINVAL, "the document is empty");
    else
        *out = builder.root;
    yajl_free(builder.parser);
    return result;
}
