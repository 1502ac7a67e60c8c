#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 1024 };

static bool grow(struct text *text, size_t more) {
    size_t room = text->room == 0 ? FIRST_ROOM : text->room;
    while (room < text->length + more)
        room *= 2;
    if (room == text->room)
        return true;
    char *bytes = room > TEXT_LIMIT ? NULL : realloc(text->bytes, room);
    if (bytes == NULL) {
        text->spoilt = true;
        return false;
    }
    text->bytes = bytes;
    text->room = room;
    return true;
}

static void add_bytes(struct text *text, const char *bytes, size_t count) {
    if (text->spoilt || !grow(text, count))
        return;
    memcpy(text->bytes + text->length, bytes, count);
    text->length += count;
}

void text_clear(struct text *text) {
    text->length = 0;
    text->spoilt = false;
}

void text_free(struct text *text) {
    free(text->bytes);
    *text = (struct text){0};
}

void text_add(struct text *text, const char *what) { add_bytes(text, what, strlen(what)); }

void text_number(struct text *text, uint64_t number) {
    char digits[24];
    add_bytes(text, digits, (size_t)snprintf(digits, sizeof digits, "%" PRIu64, number));
}

void text_string(struct text *text, const char *what) {
    text_add(text, "\"");
    for (const unsigned char *at = (const unsigned char *)what; *at != '\0'; at++) {
        char escaped[8];
        if (*at < 0x20 || *at >= 0x7f)
            add_bytes(text, escaped, (size_t)snprintf(escaped, sizeof escaped, "\\u%04x", *at));
        else if (*at == '"' || *at == '\\')
            add_bytes(text, escaped, (size_t)snprintf(escaped, sizeof escaped, "\\%c", *at));
        else
            add_bytes(text, (const char *)at, 1);
    }
    text_add(text, "\"");
}

bool text_equal(const struct text *one, const struct text *other) {
    return one->length == other->length && (one->length == 0 || memcmp(one->bytes, other->bytes, one->length) == 0);
}
