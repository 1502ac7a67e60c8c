#ifndef FLOW_H
#define FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop.h"

/*
 * Bytes between one descriptor of the guest and the client, in one direction. A descriptor that goes both ways (a
 * socket, a PTY) is duplicated, so that each flow has its own.
 */

struct channel;

/* How many bytes the client may be ahead of the descriptor. */
enum { INFLOW_WINDOW = 32 * 1024 };

/* What the descriptor is, which says what the end of the client's bytes does to it and what its errors mean. */
enum inflow_target { INFLOW_FILE, INFLOW_PIPE, INFLOW_SOCKET, INFLOW_PTY };

/* From the client to the descriptor. */
struct inflow {
    struct watch watch;
    struct channel *channel;
    enum inflow_target target;
    /* What the descriptor has not taken yet: `length` bytes at `offset`. Allocated when first needed. */
    uint8_t *backlog;
    uint32_t offset, length;
    /* Bytes that the client may still send, and bytes taken that it was not told of yet. */
    uint32_t window, taken;
    bool open, ended;
    /* The reader has gone. As with a pipe to a program that reads no more, the rest is lost without a word. */
    bool discards;
};

/* From the descriptor to the client. */
struct outflow {
    struct watch watch;
    struct channel *channel;
    /* FRAME_DATA or FRAME_DATA_ERROR. */
    uint8_t type;
    bool open;
    /* Once its process is dead: how many bytes are still to come, although others may hold the other end. */
    bool draining;
    uint32_t remaining;
};

/* Both take over `fd`. Flows of a channel that has not opened one are all zero and closed. */
void inflow_open(struct inflow *flow, struct channel *channel, int fd, enum inflow_target target);
int outflow_open(struct outflow *flow, struct channel *channel, int fd, uint8_t type);

/* Both return 0 or a negative errno after which the channel cannot go on. */
int inflow_take(struct inflow *flow, const uint8_t *bytes, uint32_t length);
int inflow_finish(struct inflow *flow);

/* The channel's credit has changed. */
int outflow_resume(struct outflow *flow);

/* No more than what the descriptor holds now is sent. */
void outflow_drain(struct outflow *flow);

void inflow_close(struct inflow *flow);
void outflow_close(struct outflow *flow);

#endif
