#include "redis.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { TIMEOUT_SECONDS = 3 };

/* Returns a connected socket, or -1 with the reason. */
static int connect_to(const char *host, const char *port, const char **reason)
{
    struct addrinfo wanted = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *found;
    struct timeval timeout = { .tv_sec = TIMEOUT_SECONDS };
    int error = getaddrinfo(host, port, &wanted, &found);

    if (error != 0) {
        *reason = gai_strerror(error);
        return -1;
    }
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
        if (connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(found);
    if (fd < 0)
        *reason = "it does not answer";
    return fd;
}

long redis_increment(const char *host, const char *port, const char *key, const char **reason)
{
    char command[128], answer[64];
    size_t received = 0;
    int length = snprintf(command, sizeof command, "*2\r\n$4\r\nINCR\r\n$%zu\r\n%s\r\n", strlen(key), key);
    int fd = connect_to(host, port, reason);

    if (fd < 0)
        return -1;
    *reason = "it ended the conversation";
    if (send(fd, command, (size_t)length, MSG_NOSIGNAL) == length) {
        /* The answer is one line: a colon and the number, or a minus sign and an error. */
        while (received < sizeof answer - 1 && memchr(answer, '\n', received) == NULL) {
            ssize_t count = recv(fd, answer + received, sizeof answer - 1 - received, 0);
            if (count <= 0)
                break;
            received += (size_t)count;
        }
    }
    close(fd);
    answer[received] = '\0';
    if (strchr(answer, '\n') == NULL)
        return -1;
    *reason = "it refused to count";
    return answer[0] == ':' ? strtol(answer + 1, NULL, 10) : -1;
}
