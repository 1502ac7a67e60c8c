/* A web server in one process: the service that the race starts in a machine and in a container. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "connection.h"

enum { CONNECTIONS = 32, IDLE_MS = 10000, DEFAULT_PORT = 80 };

static struct connection connections[CONNECTIONS];

static int64_t monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Returns the listening socket, or a negative errno. */
static int listen_on(uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, CONNECTIONS) != 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

/* Whoever started us may wait for a byte on the descriptor that READY_FD names. */
static void announce(uint16_t port)
{
    const char *ready = getenv("READY_FD");

    printf("hullweb: process %d listens on port %u\n", getpid(), port);
    fflush(stdout);
    if (ready == NULL)
        return;
    int fd = atoi(ready);
    if (write(fd, "\n", 1) != 1)
        fprintf(stderr, "hullweb: READY_FD: %s\n", strerror(errno));
    close(fd);
}

static struct connection *free_connection(void)
{
    for (int i = 0; i < CONNECTIONS; i++)
        if (connections[i].fd < 0)
            return &connections[i];
    return NULL;
}

static void end(struct connection *connection)
{
    close(connection->fd);
    connection->fd = -1;
}

static void advance(struct connection *connection, int64_t now)
{
    connection->deadline_ms = now + IDLE_MS;
    if (!connection_advance(connection))
        end(connection);
}

/* Takes one client; when all places are taken, it waits in the kernel's queue. */
static void take_client(int listener, struct connection *connection, int64_t now)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0)
        return;
    connection->fd = fd;
    connection->received = connection->sent = connection->length = 0;
    connection->close_when_sent = false;
    advance(connection, now);
}

/* Ends who has been silent for too long. Returns milliseconds until the next may be, or -1 without clients. */
static int end_silent(int64_t now)
{
    int64_t soonest = -1;

    for (int i = 0; i < CONNECTIONS; i++) {
        struct connection *connection = &connections[i];
        if (connection->fd < 0)
            continue;
        int64_t left = connection->deadline_ms - now;
        if (left <= 0)
            end(connection);
        else if (soonest < 0 || left < soonest)
            soonest = left;
    }
    return (int)soonest;
}

static _Noreturn void serve(int listener)
{
    for (;;) {
        int timeout = end_silent(monotonic_ms());
        struct connection *place = free_connection();
        struct pollfd polled[1 + CONNECTIONS];

        polled[0] = (struct pollfd){ .fd = place != NULL ? listener : -1, .events = POLLIN };
        for (int i = 0; i < CONNECTIONS; i++)
            polled[1 + i] = (struct pollfd){ .fd = connections[i].fd, .events = connection_events(&connections[i]) };
        if (poll(polled, 1 + CONNECTIONS, timeout) <= 0)
            continue;

        int64_t now = monotonic_ms();
        for (int i = 0; i < CONNECTIONS; i++)
            if (polled[1 + i].revents != 0)
                advance(&connections[i], now);
        if (polled[0].revents != 0)
            take_client(listener, place, now);
    }
}

static _Noreturn void stop(int signal)
{
    (void)signal;
    _exit(0);
}

int main(int count, char **arguments)
{
    long port = count > 1 ? strtol(arguments[1], NULL, 10) : DEFAULT_PORT;

    if (count > 2 || port < 1 || port > 65535) {
        fputs("usage: hullweb [PORT]\n", stderr);
        return 2;
    }
    /* As PID 1 of a container it has no default actions. */
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    for (int i = 0; i < CONNECTIONS; i++)
        connections[i].fd = -1;
    int listener = listen_on((uint16_t)port);
    if (listener < 0) {
        fprintf(stderr, "hullweb: port %ld: %s\n", port, strerror(-listener));
        return 1;
    }
    announce((uint16_t)port);
    serve(listener);
}
