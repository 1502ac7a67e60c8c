#include "wire.h"

#include <string.h>

static const char reset_magic[] = "twinhull:reset\r\n", hello_magic[] = "twinhull:hello\r\n";

enum { MAGIC = 16, GREETING_VERSION = MAGIC, GREETING_NONCE = 20, GREETING_CHECK = 28 };

_Static_assert(sizeof reset_magic == MAGIC + 1 && sizeof hello_magic == MAGIC + 1, "magics are 16 bytes");

static uint32_t load32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void store32(uint8_t *bytes, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

/* FNV-1a. It guards against a lost position in the stream, not against an adversary or line noise. */
static uint32_t checksum(const uint8_t *bytes, size_t length)
{
    uint32_t hash = 0x811c9dc5;

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ bytes[i]) * 0x01000193;
    return hash;
}

void wire_seal(uint8_t *frame, uint8_t type, uint16_t channel, uint32_t length)
{
    store32(frame, length);
    frame[4] = (uint8_t)channel;
    frame[5] = (uint8_t)(channel >> 8);
    frame[6] = type;
    frame[7] = 0;
    uint32_t check = checksum(frame, 8);
    store32(frame + 8, check);
    store32(frame + WIRE_HEADER + length, ~check);
}

void wire_greet(uint8_t greeting[WIRE_GREETING], const uint8_t nonce[WIRE_NONCE])
{
    memcpy(greeting, hello_magic, MAGIC);
    store32(greeting + GREETING_VERSION, WIRE_VERSION);
    memcpy(greeting + GREETING_NONCE, nonce, WIRE_NONCE);
    store32(greeting + GREETING_CHECK, checksum(greeting, GREETING_CHECK));
}

uint8_t *decoder_space(struct decoder *decoder, size_t *size)
{
    if (decoder->start == decoder->end)
        decoder->start = decoder->end = 0;
    if (sizeof decoder->buffer - decoder->end < 4096) {
        memmove(decoder->buffer, decoder->buffer + decoder->start, decoder->end - decoder->start);
        decoder->end -= decoder->start;
        decoder->start = 0;
    }
    *size = sizeof decoder->buffer - decoder->end;
    return decoder->buffer + decoder->end;
}

void decoder_added(struct decoder *decoder, size_t length)
{
    decoder->end += length;
}

/* Skips to the next reset that is whole. */
static enum decoded hunt(struct decoder *decoder, uint8_t nonce[WIRE_NONCE])
{
    for (;;) {
        size_t have = decoder->end - decoder->start;
        uint8_t *found = memmem(decoder->buffer + decoder->start, have, reset_magic, MAGIC);

        if (found == NULL) {
            /* The magic's beginning may be at the end. */
            if (have >= MAGIC)
                decoder->start = decoder->end - (MAGIC - 1);
            return DECODED_MORE;
        }
        decoder->start = (size_t)(found - decoder->buffer);
        if (decoder->end - decoder->start < WIRE_GREETING)
            return DECODED_MORE;
        if (load32(found + GREETING_CHECK) != checksum(found, GREETING_CHECK)) {
            decoder->start += 1;
            continue;
        }
        memcpy(nonce, found + GREETING_NONCE, WIRE_NONCE);
        decoder->start += WIRE_GREETING;
        decoder->synchronized = true;
        return DECODED_RESET;
    }
}

enum decoded decoder_next(struct decoder *decoder, struct frame *frame, uint8_t nonce[WIRE_NONCE])
{
    static const uint8_t filler[WIRE_HEADER];

    if (!decoder->synchronized)
        return hunt(decoder, nonce);

    const uint8_t *header = decoder->buffer + decoder->start;
    size_t have = decoder->end - decoder->start;
    if (have < WIRE_HEADER)
        return DECODED_MORE;

    uint32_t length = load32(header), check = load32(header + 8);
    if (check != checksum(header, 8) || length > WIRE_PAYLOAD_MAX) {
        decoder->synchronized = false;
        /* Zeros come before every reset; where a frame may begin they are no mistake. */
        return memcmp(header, filler, sizeof filler) == 0 ? hunt(decoder, nonce) : DECODED_LOST;
    }
    if (have < WIRE_OVERHEAD + length)
        return DECODED_MORE;
    if (load32(header + WIRE_HEADER + length) != ~check) {
        decoder->synchronized = false;
        return DECODED_LOST;
    }
    *frame = (struct frame){
        .type = header[6],
        .channel = (uint16_t)(header[4] | header[5] << 8),
        .length = length,
        .payload = header + WIRE_HEADER,
    };
    decoder->start += WIRE_OVERHEAD + length;
    return DECODED_FRAME;
}
