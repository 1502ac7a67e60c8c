#ifndef OUTBOX_H
#define OUTBOX_H

#include <stddef.h>
#include <stdint.h>

#include "wire.h"

/*
 * Frames on their way to the client. Bounded: whoever is about to produce frames looks at outbox_free() first and
 * waits for a later turn when there is less than it may need.
 */

enum {
    OUTBOX_SIZE = 160 * 1024,
    /* What one turn of one source may produce: a full frame of data and some small ones for every channel. */
    OUTBOX_TURN = 64 * 1024,
    /* What the answer to one frame of the client may take. */
    OUTBOX_ANSWER = 4 * 1024,
};

size_t outbox_free(void);

/* Where a payload of at most `length` bytes can be put, or NULL. It becomes a frame by outbox_commit. */
uint8_t *outbox_reserve(size_t length);
void outbox_commit(uint8_t type, uint16_t channel, uint32_t length);

/* -ENOBUFS when it does not fit. */
int outbox_send(uint8_t type, uint16_t channel, const void *payload, uint32_t length);

/* `format` makes the payload, one JSON object shorter than 512 bytes. */
__attribute__((format(printf, 3, 4))) int outbox_send_json(uint8_t type, uint16_t channel, const char *format, ...);

/* A greeting stands outside of frames. */
int outbox_greet(const uint8_t nonce[WIRE_NONCE]);

/* Writes what waits. 0: nothing is left, 1: the port takes no more now, negative errno: the port is broken. */
int outbox_flush(int fd);

/* Drops what waits, half frames too: a reset follows. */
void outbox_clear(void);

#endif
