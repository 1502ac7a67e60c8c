#pragma once
#include <stddef.h>
#include <stdint.h>

// 64 KiB: as much as a pipe holds. A client that is further behind holds the container up.
enum { OUTBOX_SIZE = 64 * 1024 };

// What a socket has not taken yet.
struct outbox {
    size_t start, end;
    // OUTBOX_SIZE of them, apart: a page is touched only for bytes that wait.
    uint8_t *bytes;
};

static inline size_t outbox_length(const struct outbox *outbox) {
    return outbox->end - outbox->start;
}

static inline size_t outbox_free(const struct outbox *outbox) {
    return OUTBOX_SIZE - outbox_length(outbox);
}

// A header, possibly empty, and what follows it: to `socket`, or here as far as it does not take them.
// -ENOBUFS when they do not fit, otherwise a negative errno after which the socket is of no use.
int outbox_send(struct outbox *outbox, int socket, const void *header, size_t header_length,
                const void *bytes, size_t length);

// Sends what is here, as far as the socket takes it.
int outbox_flush(struct outbox *outbox, int socket);
