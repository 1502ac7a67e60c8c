#pragma once
#include <stdbool.h>
#include <sys/types.h>

// The container's standard input: a pipe, or its terminal.

// Takes over `fd`. `once`: ends with the first attach that had input. Without any input, what comes is thrown
// away.
void input_open(int fd, bool terminal, bool once);

bool input_has_room(void);

// Reads from a connection what there is room for. 0 at its end, or a negative errno.
ssize_t input_take(int connection);

void input_attach_ended(void);

// The container reads the end of its input behind what was taken. A terminal's never ends.
void input_end(void);

void input_wait(void);
