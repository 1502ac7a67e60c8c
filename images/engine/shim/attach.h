#pragma once
#include "connection.h"

// Connections that carry the container's streams.

void attach_begin(struct connection *connection, const struct command *command);

// What is waited for, beside room for what is to be sent; false: not even a hang-up.
bool attach_wants(const struct connection *connection, short *events);
void attach_ready(struct connection *connection, short events);

// It takes no more output. True if its input is still to be read, and it is kept for that.
bool attach_goes_on(struct connection *connection);

// Every attach that has the stream has room for `length` more bytes of it.
bool attaches_have_room(int stream, size_t length);

// `raw`: without frames.
void attaches_send(int stream, bool raw, const uint8_t *bytes, size_t length);

// No more output comes.
void attaches_leave(void);
