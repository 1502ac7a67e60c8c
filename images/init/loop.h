#ifndef LOOP_H
#define LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

/*
 * Descriptors that have something to say to the client. The main loop listens to all of them or, while the port is
 * congested, to none.
 */
struct watch {
    int fd;
    /* EPOLLIN, EPOLLOUT or 0. */
    uint32_t events;
    void (*ready)(struct watch *watch);
    /* Regular files cannot be polled and are always ready: they get a turn each time round. */
    bool always_ready;
    struct watch *next;
};

int loop_open(void);

/* Readable when a watch is ready. */
int loop_fd(void);

/* A watch with a turn to take exists: do not sleep. */
bool loop_is_busy(void);

/* Calls what is ready, as long as the outbox has room for a turn. */
void loop_turn(void);

int watch_set(struct watch *watch, uint32_t events);

/* Stops watching and closes the descriptor; twice is harmless. */
void watch_close(struct watch *watch);

#endif
