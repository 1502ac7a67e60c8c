#pragma once
#include <stdbool.h>

// The standard streams of a call of the runtime, which the process that it makes inherits.
struct pipes {
    // The runtime's.
    int given[3];
    // Our ends, which do not block; -1 where it has /dev/null. `errors` is there for every call.
    int input, output, errors;
};

// `output`: standard output is a pipe, `input`: standard input is. 0 or a negative errno, after which
// pipes_give and pipes_close are called all the same.
int pipes_open(struct pipes *pipes, bool output, bool input);

// The runtime has its ends.
void pipes_give(struct pipes *pipes);

// Takes one of our ends over.
int pipes_take(int *end);

void pipes_close(struct pipes *pipes);
