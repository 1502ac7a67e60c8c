#ifndef READER_H
#define READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reads little-endian fields of a payload. What is missing reads as zero or "" and sets `failed`, so that a message
 * is read to its end and then checked once, with reader_finished.
 */
struct reader {
    const uint8_t *at, *end;
    bool failed;
};

uint64_t read_uint(struct reader *reader, int bytes);

/* Ends with a NUL, which is part of the payload; points into it. */
const char *read_string(struct reader *reader);

const uint8_t *read_bytes(struct reader *reader, size_t length);

/* Everything was there, and nothing is left. */
bool reader_finished(const struct reader *reader);

#endif
