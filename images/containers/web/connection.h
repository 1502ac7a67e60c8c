#ifndef CONNECTION_H
#define CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "answer.h"

/* A head that is longer is refused with 431. */
enum { REQUEST_MAX = 4096 };

/* One client. It is either read from, or an answer is written to it: never both. */
struct connection {
    int fd;
    /* Milliseconds of CLOCK_MONOTONIC after which it is closed if nothing has moved. */
    int64_t deadline_ms;
    size_t received;
    char input[REQUEST_MAX];
    /* What is left to write: answer[sent] to answer[length - 1]. */
    size_t sent, length;
    char answer[ANSWER_MAX];
    bool close_when_sent;
};

/* Which of POLLIN and POLLOUT it waits for. */
short connection_events(const struct connection *connection);

/* Does what can be done without waiting. False: it is over, and the caller closes it. */
bool connection_advance(struct connection *connection);

#endif
