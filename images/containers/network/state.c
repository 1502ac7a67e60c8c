#include "state.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Moves behind the string literal that starts at `text`, or to the end of the text. */
static const char *skip_string(const char *text)
{
    for (text++; *text != '\0' && *text != '"'; text++)
        if (*text == '\\' && text[1] != '\0')
            text++;
    return *text == '"' ? text + 1 : text;
}

static const char *skip_space(const char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    return text;
}

/* Only the keys of the outermost object count: an annotation may be called pid as well. */
pid_t state_pid(const char *json)
{
    static const char key[] = "\"pid\"";
    int depth = 0;

    while (*json != '\0') {
        if (*json == '"') {
            const char *end = skip_string(json), *value = skip_space(end);
            bool is_key = depth == 1 && (size_t)(end - json) == sizeof key - 1 && memcmp(json, key, sizeof key - 1) == 0;
            json = end;
            if (is_key && *value == ':') {
                long pid = strtol(value + 1, NULL, 10);
                return pid > 0 && pid <= INT_MAX ? (pid_t)pid : -EINVAL;
            }
            continue;
        }
        if (*json == '{' || *json == '[')
            depth++;
        else if (*json == '}' || *json == ']')
            depth--;
        json++;
    }
    return -EINVAL;
}
