#pragma once
#include "connection.h"

// Control connections: the engine's end says what to do, ours says what has happened.

void control_begin(struct connection *connection);
void control_obey(struct connection *connection, const struct command *command);

// One of them has gone.
void control_ended(void);

// One line with its newline, to all of them.
void control_tell(const char *line, size_t length);
