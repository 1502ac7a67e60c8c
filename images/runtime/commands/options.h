// Command line options, declared as tables: --name VALUE, --name=VALUE, -n VALUE.
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "../lib/error.h"

enum option_kind {
    OPTION_FLAG,    // bool
    OPTION_TEXT,    // const char *
    OPTION_NUMBER,  // unsigned
    OPTION_LIST,    // struct option_list: may be given several times
    OPTION_IGNORED, // a flag that other runtimes have and that changes nothing here
};

#define OPTION_LIST_MAX 64
struct option_list {
    const char *items[OPTION_LIST_MAX];
    size_t count;
};

struct option_spec {
    const char *name; // NULL after the last
    char letter;      // 0: none
    enum option_kind kind;
    void *value;
    const char *help;
};

// Reads options up to the first operand or "--"; gives the index of the first operand.
int options_read(const struct option_spec *specs, int count, char **words, struct error *error);
void options_print(const struct option_spec *specs);
