/*
 * A web page that counts its visits in Redis: the smallest application of two containers. One visitor is served at a
 * time, because the counting is what there is to see.
 */
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "redis.h"

enum { PORT = 80, WAITING = 16, REQUEST_BYTES = 4096, PATIENCE_SECONDS = 5 };

static const char *setting(const char *name, const char *otherwise)
{
    const char *value = getenv(name);

    return value != NULL && *value != '\0' ? value : otherwise;
}

static int listen_on(uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
    if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, WAITING) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Reads the head of a request; true if all of it came. */
static bool read_request(int fd, char *request)
{
    size_t length = 0;

    while (length < REQUEST_BYTES - 1) {
        ssize_t count = recv(fd, request + length, REQUEST_BYTES - 1 - length, 0);
        if (count <= 0)
            return false;
        length += (size_t)count;
        request[length] = '\0';
        if (strstr(request, "\r\n\r\n") != NULL)
            return true;
    }
    return false;
}

static void answer(int fd, const char *status, const char *body)
{
    char text[1024];
    int length = snprintf(text, sizeof text,
                          "HTTP/1.1 %s\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %zu\r\n"
                          "Connection: close\r\n\r\n%s",
                          status, strlen(body), body);

    if (length > 0 && (size_t)length < sizeof text)
        send(fd, text, (size_t)length, MSG_NOSIGNAL);
}

static void serve(int fd)
{
    char request[REQUEST_BYTES], body[512], own_name[65] = "";
    const char *host = setting("REDIS_HOST", "redis"), *reason = "";

    if (!read_request(fd, request))
        return;
    if (strncmp(request, "GET / ", 6) != 0) {
        answer(fd, "404 Not Found", "There is one page here: /\n");
        return;
    }
    gethostname(own_name, sizeof own_name - 1);
    long visits = redis_increment(host, setting("REDIS_PORT", "6379"), "visits", &reason);
    if (visits < 0) {
        printf("page-counter: %s: %s\n", host, reason);
        snprintf(body, sizeof body, "No counting without Redis, which is looked for at %.200s: %s.\n", host, reason);
        answer(fd, "503 Service Unavailable", body);
    } else {
        printf("page-counter: visit %ld\n", visits);
        snprintf(body, sizeof body, "Hello! This page has been seen %ld time%s. It comes from container %s.\n", visits,
                 visits == 1 ? "" : "s", own_name);
        answer(fd, "200 OK", body);
    }
    fflush(stdout);
}

static void stop(int signal)
{
    (void)signal;
    _exit(0);
}

int main(void)
{
    struct timeval patience = { .tv_sec = PATIENCE_SECONDS };
    int port = atoi(setting("PORT", "80"));
    int listener = listen_on((uint16_t)(port > 0 && port < 65536 ? port : PORT));

    /* The first process of a container is not ended by signals that it does not ask for. */
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    if (listener < 0) {
        perror("page-counter: listening");
        return 1;
    }
    for (;;) {
        int visitor = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (visitor < 0)
            continue;
        setsockopt(visitor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        setsockopt(visitor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        serve(visitor);
        close(visitor);
    }
}
