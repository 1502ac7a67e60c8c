#include "loop.h"

#include <poll.h>

// Connections, three streams, the listener, signals, the runtime's words.
enum { MOST = 32 };

static struct pollfd polled[MOST];
static struct {
    ready_function *ready;
    void *of;
} waiting[MOST];
static nfds_t count;

void loop_wait_for(int fd, short events, ready_function *ready, void *of) {
    polled[count] = (struct pollfd){.fd = fd, .events = events};
    waiting[count].ready = ready;
    waiting[count].of = of;
    count++;
}

void loop_turn(int timeout_ms) {
    int ready = poll(polled, count, timeout_ms);
    for (nfds_t i = 0; i < count && ready > 0; i++)
        if (polled[i].revents != 0)
            waiting[i].ready(waiting[i].of, polled[i].revents);
    count = 0;
}
