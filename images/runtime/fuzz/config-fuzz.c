// Bytes from a stranger as config.json: read, or refused with a sentence; never a fault.
#include <stdlib.h>
#include <string.h>

#include "../lib/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct arena arena = {0};
    struct config config;
    struct error error = {0};
    int result = config_parse(&arena, (const char *)bytes, size, &config, &error);
    if (result < 0 && (error.number != -result || error.text[0] == '\0' || strchr(error.text, '\n') != NULL))
        abort();
    if (result >= 0 && (config.process.args.count == 0 || config.process.cwd[0] != '/'))
        abort();
    arena_free(&arena);
    return 0;
}
