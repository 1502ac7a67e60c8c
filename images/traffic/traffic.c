/*
 * Sends or receives a stream of bytes over one TCP connection and prints how many there were and how long they took.
 * usage: hulltraffic receive PORT         says "ready" when it can be reached, then takes one connection
 *        hulltraffic send ADDRESS PORT MB over a connection, megabytes of 10^6 bytes
 * Prints "BYTES MICROSECONDS", from the first byte to the last, and exits with 1 and a sentence when something fails.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MEGABYTE = 1000000, MEGABYTES_MAX = 100000 };

/* What common programs hand the kernel at a time. */
static char buffer[64 * 1024];

static int fail(const char *what)
{
    fprintf(stderr, "hulltraffic: %s: %s\n", what, strerror(errno));
    return 1;
}

static uint64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static int report(uint64_t bytes, uint64_t begun)
{
    printf("%" PRIu64 " %" PRIu64 "\n", bytes, now_us() - begun);
    return 0;
}

static int receive(const struct sockaddr_in *address)
{
    int on = 1;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    uint64_t bytes = 0;
    uint64_t begun;
    ssize_t count;

    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(listener, (const struct sockaddr *)address, sizeof *address) != 0 || listen(listener, 1) != 0)
        return fail("cannot listen");
    puts("ready");
    fflush(stdout);
    int connection = accept(listener, NULL, NULL);
    if (connection < 0)
        return fail("cannot accept");
    begun = now_us();
    while ((count = read(connection, buffer, sizeof buffer)) > 0)
        bytes += (uint64_t)count;
    return count < 0 ? fail("cannot read") : report(bytes, begun);
}

static int send_all(const struct sockaddr_in *address, uint64_t bytes)
{
    int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    uint64_t left = bytes;
    uint64_t begun;
    char end;

    if (connection < 0 || connect(connection, (const struct sockaddr *)address, sizeof *address) != 0)
        return fail("cannot connect");
    begun = now_us();
    while (left > 0) {
        ssize_t count = write(connection, buffer, left < sizeof buffer ? left : sizeof buffer);

        if (count < 0)
            return fail("cannot write");
        left -= (uint64_t)count;
    }
    /* Sent is what has arrived: the other side closes when it has read everything. */
    if (shutdown(connection, SHUT_WR) != 0 || read(connection, &end, 1) != 0)
        return fail("the other side did not close");
    return report(bytes, begun);
}

static unsigned long number(const char *text, unsigned long most)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    return *text >= '0' && *text <= '9' && *end == '\0' && value <= most ? value : 0;
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = INADDR_ANY };

    if (argc == 3 && strcmp(argv[1], "receive") == 0 && (address.sin_port = htons((uint16_t)number(argv[2], 65535))))
        return receive(&address);
    if (argc == 5 && strcmp(argv[1], "send") == 0 && inet_pton(AF_INET, argv[2], &address.sin_addr) == 1 &&
        (address.sin_port = htons((uint16_t)number(argv[3], 65535))) != 0) {
        unsigned long megabytes = number(argv[4], MEGABYTES_MAX);

        if (megabytes > 0)
            return send_all(&address, (uint64_t)megabytes * MEGABYTE);
    }
    fputs("usage: hulltraffic receive PORT | hulltraffic send ADDRESS PORT MB\n", stderr);
    return 2;
}
