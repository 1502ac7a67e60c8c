// Standard input as the inside of a JSON string, for the comparison with Go's encoding/json
// (test/json_test.go).
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "json.h"

enum { MOST = 1 << 20 };

int main(void) {
    uint8_t *bytes = malloc(MOST);
    char *escaped = malloc((size_t)JSON_GROWTH * MOST);
    size_t length = 0;
    ssize_t count;
    while (length < MOST && (count = read(STDIN_FILENO, bytes + length, MOST - length)) > 0)
        length += (size_t)count;
    char *end = json_escape(escaped, bytes, length);
    for (const char *at = escaped; at < end; at += count)
        if ((count = write(STDOUT_FILENO, at, (size_t)(end - at))) <= 0)
            return 1;
    free(bytes);
    free(escaped);
    return 0;
}
