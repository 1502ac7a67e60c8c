#pragma once
#include <stdbool.h>

// The container's output: two pipes, or a terminal.

// Both take over descriptors, which must not block.
void outputs_open_pipes(int out, int errors);
void outputs_open_terminal(int master);

// Before there is a terminal the size is remembered.
void outputs_resize(unsigned short rows, unsigned short columns);

// Reads on as long as every attach has room.
void outputs_wait(void);

// The process is gone: a terminal hangs up by itself, but a pipe may be held open by those that it left
// behind, so no more is read than it holds now. `all`: the same for a terminal.
void outputs_bound(bool all);

// Everything was read.
bool outputs_done(void);

void outputs_close(void);
