#include "words.h"

#include <string.h>
#include <unistd.h>

enum { KEPT = 1024 };

static char kept[2 * KEPT];
static size_t length;

void words_take(int fd) {
    ssize_t count;
    while ((count = read(fd, kept + length, sizeof kept - length)) > 0) {
        length += (size_t)count;
        if (length > KEPT) {
            memmove(kept, kept + length - KEPT, KEPT);
            length = KEPT;
        }
    }
}

void words_forget(void) {
    length = 0;
}

const char *words(size_t *out) {
    *out = length;
    while (*out > 0 && kept[*out - 1] == '\n')
        --*out;
    return kept;
}
