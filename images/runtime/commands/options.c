#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct option_spec *find(const struct option_spec *specs, const char *word) {
    bool is_long = word[1] == '-';
    size_t length = strcspn(word + 2, "=");
    for (; specs != NULL && specs->name != NULL; specs++) {
        if (is_long && strncmp(specs->name, word + 2, length) == 0 && specs->name[length] == '\0')
            return specs;
        if (!is_long && word[1] == specs->letter && word[2] == '\0')
            return specs;
    }
    return NULL;
}

static int set(const struct option_spec *spec, const char *text, struct error *error) {
    if (spec->kind == OPTION_TEXT) {
        *(const char **)spec->value = text;
        return 0;
    }
    if (spec->kind == OPTION_LIST) {
        struct option_list *list = spec->value;
        if (list->count == OPTION_LIST_MAX)
            return fail(error, EINVAL, "--%s: given more than %d times", spec->name, OPTION_LIST_MAX);
        list->items[list->count++] = text;
        return 0;
    }
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    if (end == text || *end != '\0' || number > 1024)
        return fail(error, EINVAL, "--%s: expected a number from 0 to 1024, found \"%.40s\"", spec->name,
                    text);
    *(unsigned *)spec->value = (unsigned)number;
    return 0;
}

int options_read(const struct option_spec *specs, int count, char **words, struct error *error) {
    int index = 0;
    for (; index < count && words[index][0] == '-' && words[index][1] != '\0'; index++) {
        const char *word = words[index];
        if (strcmp(word, "--") == 0)
            return index + 1;
        const struct option_spec *spec = find(specs, word);
        if (spec == NULL)
            return fail(error, EINVAL, "unknown option %s; --help lists what there is", word);
        const char *equals = word[1] == '-' ? strchr(word, '=') : NULL;
        if (spec->kind == OPTION_FLAG || spec->kind == OPTION_IGNORED) {
            bool on = equals == NULL || strcmp(equals + 1, "true") == 0;
            if (spec->kind == OPTION_FLAG)
                *(bool *)spec->value = on;
            continue;
        }
        if (equals == NULL && ++index == count)
            return fail(error, EINVAL, "%s needs a value", word);
        try(set(spec, equals != NULL ? equals + 1 : words[index], error));
    }
    return index;
}

void options_print(const struct option_spec *specs) {
    for (; specs != NULL && specs->name != NULL; specs++) {
        char name[48];
        if (specs->kind == OPTION_IGNORED)
            continue;
        snprintf(name, sizeof name, "%s%c%s--%s%s", specs->letter ? "-" : "",
                 specs->letter ? specs->letter : ' ', specs->letter ? ", " : "   ", specs->name,
                 specs->kind == OPTION_FLAG ? "" : " VALUE");
        printf("  %-28s %s\n", name, specs->help);
    }
}
