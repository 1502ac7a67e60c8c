#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A line that grows, up to TEXT_LIMIT; what does not fit makes it `spoilt`, and it is not to be shown.
struct text {
    char *bytes;
    size_t length;
    size_t room;
    bool spoilt;
};

enum { TEXT_LIMIT = 256 * 1024 };

void text_clear(struct text *text);
void text_free(struct text *text);
void text_add(struct text *text, const char *what);
void text_number(struct text *text, uint64_t number);
// A JSON string (RFC 8259, section 7). A name in Linux is bytes: those that are no ASCII become U+0080 to U+00FF.
void text_string(struct text *text, const char *what);
bool text_equal(const struct text *one, const struct text *other);
