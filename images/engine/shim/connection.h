#pragma once
#include <stdbool.h>

#include "command.h"
#include "outbox.h"

// Sixteen, and a place for one more to be told that there are no others.
enum { CONNECTIONS = 16 + 1 };

enum connection_kind {
    CONNECTION_NONE,
    // Has not said yet what it is.
    CONNECTION_NEW,
    CONNECTION_CONTROL,
    CONNECTION_ATTACH,
};

struct connection {
    enum connection_kind kind;
    int fd;
    // Says no more, and closes when everything is sent.
    bool leaving;
    // An attach's: which streams it has. `streams[0]` until the end of its input.
    bool streams[3];
    // The line that is being received.
    size_t line_length;
    char line[COMMAND_MAX];
    struct outbox outbox;
};

// By index; those of other kinds are among them.
extern struct connection connections[CONNECTIONS];

// Listens on shim.sock in the working directory. 0 or a negative errno.
int connections_listen(void);

// Nobody can connect any more, and the socket's file is gone.
void connections_refuse(void);

// Takes over `fd`. There must be a place.
void connection_adopt(int fd, enum connection_kind kind);

void connection_close(struct connection *connection);

// Closes when everything is sent, at once if it is.
void connection_leave(struct connection *connection);

// Closes if `error` is one.
void connection_check(struct connection *connection, int error);

void connections_wait(void);

// How many bytes are still to be sent.
size_t connections_owe(void);
