#ifndef SERVICE_H
#define SERVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A program that init keeps running. */
struct service {
    const char *name;
    const char *const *argv;
    /* The terminal that becomes its standard streams and its controlling terminal; none: the serial console. */
    const char *terminal;
    /* It writes to the descriptor named by $READY_FD once it serves; init then reports it as ready. */
    bool announces;
    /* A unix socket that init listens on for it, as descriptor 4: who connects early waits instead of failing. */
    const char *socket;
    /* Where it writes; none: the serial console. */
    const char *log;
    /* It starts behind everybody else, and raises itself when it is ready. */
    bool background;

    pid_t pid;
    bool ready;
    /* Read end of what $READY_FD names, or -1. */
    int ready_fd;
    /* The socket, once it is there, or -1. */
    int socket_fd;
    /* Milliseconds of CLOCK_MONOTONIC: when it was last started, and when it may start again. */
    int64_t started_ms;
    int64_t restart_ms;
};

int64_t monotonic_ms(void);

/* Opens its socket, if it has one and that is not open yet. Returns 0 or an errno, negative. */
int service_listen(struct service *service);

/* Starts it; `inherited` (or -1) is the agent's end of its socket to init, which becomes descriptor 3. */
int service_start(struct service *service, int inherited);

/* Notes that its process is gone and when to start it again: at once, unless it died young. */
void service_died(struct service *service);

#endif
