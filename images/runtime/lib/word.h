// Tables of words and the numbers behind them: OCI's spelling on one side, the kernel's on the other.
#pragma once
#include <stdint.h>

#include "json.h"

struct word {
    const char *name; // NULL after the last
    uint64_t value;
};

const struct word *word_find(const struct word *table, const char *name);
// NULL when no word has the value.
const char *word_name(const struct word *table, uint64_t value);
// A string that must be one of the table's; the sentence lists them.
int read_word(const struct place *at, const struct word *table, uint64_t *out, struct error *error);
