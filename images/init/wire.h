#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The agent's wire format. PROTOCOL.md explains it; lib/guest/frame.ts is the other side. */

enum {
    WIRE_VERSION = 1,
    WIRE_HEADER = 12,
    WIRE_TRAILER = 4,
    WIRE_OVERHEAD = WIRE_HEADER + WIRE_TRAILER,
    /* A whole frame is 32 KiB, which is what the kernel's virtio-console driver takes in one write(2). */
    WIRE_PAYLOAD_MAX = 32768 - WIRE_OVERHEAD,
    WIRE_GREETING = 32,
    WIRE_NONCE = 8,
};

enum frame_type {
    FRAME_OPEN = 1,
    FRAME_OPENED = 2,
    FRAME_DATA = 3,
    FRAME_DATA_ERROR = 4,
    FRAME_END = 5,
    FRAME_WINDOW = 6,
    FRAME_RESIZE = 7,
    FRAME_SIGNAL = 8,
    FRAME_EXIT = 9,
    FRAME_CLOSE = 10,
    FRAME_HELLO = 11,
    FRAME_EVENT = 12,
    FRAME_FAULT = 13,
};

struct frame {
    uint8_t type;
    uint16_t channel;
    uint32_t length;
    /* Valid until the decoder is called again. */
    const uint8_t *payload;
};

/* Header before and trailer behind `length` bytes that already stand at `frame` + WIRE_HEADER. */
void wire_seal(uint8_t *frame, uint8_t type, uint16_t channel, uint32_t length);

/* The agent's greeting: the answer to the reset that carried `nonce`, or its announcement (zero nonce). */
void wire_greet(uint8_t greeting[WIRE_GREETING], const uint8_t nonce[WIRE_NONCE]);

/* Bytes from the client, in any portions. */
struct decoder {
    bool synchronized;
    size_t start, end;
    /* One frame, and one buffer of the port behind its beginning. */
    uint8_t buffer[WIRE_OVERHEAD + WIRE_PAYLOAD_MAX + 4096];
};

enum decoded {
    /* Nothing is complete: read more. */
    DECODED_MORE,
    DECODED_FRAME,
    /* A client (re)starts the conversation. */
    DECODED_RESET,
    /* What came was no frame. Everything up to the next reset is skipped. */
    DECODED_LOST,
};

/* Where the next bytes are to be read to; never empty after decoder_next has said DECODED_MORE. */
uint8_t *decoder_space(struct decoder *decoder, size_t *size);
void decoder_added(struct decoder *decoder, size_t length);
enum decoded decoder_next(struct decoder *decoder, struct frame *frame, uint8_t nonce[WIRE_NONCE]);

#endif
