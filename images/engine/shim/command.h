#pragma once
#include <stdbool.h>
#include <stddef.h>

// A line of whoever connects: PROTOCOL.md.

// Longer ones are refused. The longest that means something is "attach stdin stdout stderr".
enum { COMMAND_MAX = 64 };

enum command_kind {
    // The first line of a connection.
    COMMAND_CONTROL,
    COMMAND_ATTACH,
    // Lines of a control connection.
    COMMAND_START,
    COMMAND_RESIZE,
    COMMAND_CLOSE_STDIN,
    COMMAND_QUIT,
};

struct command {
    enum command_kind kind;
    // COMMAND_RESIZE.
    unsigned short rows, columns;
    // COMMAND_ATTACH: which of the standard streams, by number.
    bool streams[3];
};

// `line` without its newline. 0, or -EPROTO.
int command_parse(const char *line, size_t length, struct command *command);
