// The container's terminal: a pseudo-terminal of its own devpts whose master goes to whoever holds the other
// end of the console socket.
#pragma once
#include "config.h"

// Where the master goes: to the unix socket at `path` (--console-socket), or to this process, which then
// receives it on `receiving`. Without a terminal both stay as they are.
int console_prepare(const struct process *process, const char *path, bool relay, int *sending, int *receiving,
                    struct error *error);
// Called by the init. `pts` is the container's devpts mount, `root` its root (-1: no /dev/console). Sends the
// master over `socket`, makes the slave the controlling terminal and the standard streams.
int console_open(const struct process *process, int pts, int root, int socket, struct error *error);
// The master, from the other end.
int console_receive(int socket, struct error *error);
// Passes bytes between this process's terminal and the master until the container's side closes or `pidfd`'s
// process ends; signals that arrive on `signals` go to the process.
int console_relay(int master, int pidfd, int signals, struct error *error);
