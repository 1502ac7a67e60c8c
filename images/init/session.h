#ifndef SESSION_H
#define SESSION_H

#include <stdbool.h>

#include "wire.h"

/* The conversation with one client: greeting, then frames until the next reset. */

/* What the greeting says of this machine. */
void session_start(const char *profile);

/* Serves the frames that the decoder holds, as long as there is room for answers. True: frames may be left. */
bool session_serve(struct decoder *decoder);

/* An event's JSON from init. What says that a service is ready is told to later clients as well. */
void session_event(const char *json);

#endif
