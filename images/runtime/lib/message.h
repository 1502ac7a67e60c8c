// What the runtime and the container's init say to each other over a socket pair while the container is made.
#pragma once
#include "error.h"

enum message_kind {
    MESSAGE_MAPPED = 1, // to the init: the id maps are written
    MESSAGE_HOOKS,      // to the runtime: the namespaces and mounts are there; run prestart and createRuntime
    MESSAGE_HOOKED,     // to the init: they have run
    MESSAGE_READY,      // to the runtime: all is set up up to the program
    MESSAGE_START,      // to the init: run the program
    MESSAGE_FAILED,     // to the runtime: with the error
};

struct message {
    enum message_kind kind;
    struct error error;
};

int message_pair(int fds[2], struct error *error);
int message_send(int fd, enum message_kind kind, struct error *error);
// Best effort: the sender is about to end.
void message_send_failure(int fd, const struct error *failure);
// 1: a message of the expected kind. 0: the other side has closed, by running the program or by dying. The
// error of MESSAGE_FAILED becomes this side's.
int message_await(int fd, enum message_kind expected, struct error *error);
