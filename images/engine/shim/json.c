// RFC 8259, section 7.
#include "json.h"

#include <stdbool.h>
#include <string.h>

#include "append.h"

static char *append_u00(char *at, uint8_t byte) {
    static const char digits[] = "0123456789abcdef";
    at = append_text(at, "\\u00");
    *at++ = digits[byte >> 4];
    *at++ = digits[byte & 15];
    return at;
}

static char *append_ascii(char *at, uint8_t byte) {
    static const char names[32] = {['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    char name = byte == '"' || byte == '\\' ? (char)byte : byte < sizeof names ? names[byte] : '\0';
    if (name == '\0')
        return append_u00(at, byte);
    *at++ = '\\';
    *at++ = name;
    return at;
}

// The length of the UTF-8 character at `bytes`, 0 if none is there: no overlong forms, surrogates, or beyond
// U+10FFFF.
static size_t character_length(const uint8_t *bytes, size_t length) {
    uint8_t first = bytes[0], low = 0x80, high = 0xbf;
    size_t count = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (first == 0xe0)
        low = 0xa0;
    if (first == 0xed)
        high = 0x9f;
    if (first == 0xf0)
        low = 0x90;
    if (first == 0xf4)
        high = 0x8f;
    if (count == 0 || count > length || bytes[1] < low || bytes[1] > high)
        return 0;
    for (size_t i = 2; i < count; i++)
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
    return count;
}

// U+2028 and U+2029 end a line in JavaScript.
static bool is_separator(const uint8_t *bytes, size_t count) {
    return count == 3 && bytes[0] == 0xe2 && bytes[1] == 0x80 && (bytes[2] & 0xfe) == 0xa8;
}

static inline bool is_plain(uint8_t byte) {
    return byte >= ' ' && byte < 0x80 && byte != '"' && byte != '\\' && byte != '<' && byte != '>' &&
           byte != '&';
}

char *json_escape(char *at, const uint8_t *bytes, size_t length) {
    const uint8_t *end = bytes + length;
    while (bytes < end) {
        if (is_plain(*bytes)) {
            *at++ = (char)*bytes++;
            continue;
        }
        size_t count = 1;
        if (*bytes < 0x80) {
            at = append_ascii(at, *bytes);
        } else if ((count = character_length(bytes, (size_t)(end - bytes))) == 0) {
            at = append_text(at, "\\ufffd");
            count = 1;
        } else if (is_separator(bytes, count)) {
            at = append_text(at, bytes[2] == 0xa8 ? "\\u2028" : "\\u2029");
        } else {
            memcpy(at, bytes, count);
            at += count;
        }
        bytes += count;
    }
    return at;
}
