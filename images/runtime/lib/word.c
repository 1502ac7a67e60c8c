#include "word.h"

#include <stdio.h>
#include <string.h>

const struct word *word_find(const struct word *table, const char *name) {
    for (; table->name != NULL; table++)
        if (strcmp(table->name, name) == 0)
            return table;
    return NULL;
}

const char *word_name(const struct word *table, uint64_t value) {
    for (; table->name != NULL; table++)
        if (table->value == value)
            return table->name;
    return NULL;
}

int read_word(const struct place *at, const struct word *table, uint64_t *out, struct error *error) {
    const char *name = NULL;
    try(read_string(at, &name, error));
    if (name == NULL)
        return 0;
    const struct word *word = word_find(table, name);
    if (word != NULL) {
        *out = word->value;
        return 0;
    }
    char list[200] = "";
    size_t length = 0;
    for (word = table; word->name != NULL && length < sizeof list; word++)
        length +=
            (size_t)snprintf(list + length, sizeof list - length, "%s%s", length > 0 ? ", " : "", word->name);
    return fail_at(at, error, "expected one of %.120s%s, found \"%.40s\"", list, length > 120 ? "..." : "",
                   name);
}
