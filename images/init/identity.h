#ifndef IDENTITY_H
#define IDENTITY_H

#include "channel.h"

/* What a machine restored from a snapshot must be told, or it shares clock, randomness and addresses with its twins. */
struct identity {
    uint64_t unix_ns;
    const uint8_t *entropy;
    unsigned entropy_length;
    /* "" each: stays as it is. */
    const char *hostname, *mac, *address;
};

int identity_parse(struct reader *parameters, struct identity *identity);

/* Takes it on and closes; the code of a failure names what failed. */
extern const struct channel_kind identity_kind;

#endif
