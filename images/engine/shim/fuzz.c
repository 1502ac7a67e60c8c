// libFuzzer target: what the shim parses of others. The first byte says by what.
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "failure.h"
#include "json.h"

// A parser that reads beyond its bytes has to be noticed: they end where the allocation does.
static void *copy_of(const void *bytes, size_t length) {
    void *copy = malloc(length > 0 ? length : 1);
    memcpy(copy, bytes, length);
    return copy;
}

static void read_command(const char *line, size_t length) {
    struct command command;
    if (command_parse(line, length, &command) == 0 && command.kind > COMMAND_QUIT)
        abort();
}

static void read_log(const char *log, size_t length) {
    size_t message_length;
    const char *message = failure_message(log, length, &message_length);
    if (message == NULL)
        return;
    if (message < log || message + message_length > log + length || message_length < 2 || message[0] != '"' ||
        message[message_length - 1] != '"' || memchr(message, '\n', message_length) != NULL)
        abort();
}

static void escape(const uint8_t *bytes, size_t length) {
    char *escaped = malloc(JSON_GROWTH * length + 1);
    char *end = json_escape(escaped, bytes, length);
    for (const char *at = escaped; at < end; at++)
        if ((unsigned char)*at < ' ' || *at == '<' || (*at == '"' && (at == escaped || at[-1] != '\\')))
            abort();
    free(escaped);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    void *bytes = copy_of(data + 1, size - 1);
    switch (data[0] % 3) {
    case 0:
        read_command(bytes, size - 1);
        break;
    case 1:
        read_log(bytes, size - 1);
        break;
    default:
        escape(bytes, size - 1);
    }
    free(bytes);
    return 0;
}
