#include "input.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop.h"

static int input = -1;
static bool is_open, is_terminal, ends_once, ended;

// What the container has not taken yet. While there is any, nothing more is read from connections.
static uint8_t bytes[16 * 1024];
static size_t start, end;

static void close_input(void) {
    if (input >= 0)
        close(input);
    input = -1;
    start = end = 0;
}

void input_open(int fd, bool terminal, bool once) {
    input = fd;
    is_terminal = terminal;
    ends_once = once;
    is_open = true;
    if (ended)
        close_input();
}

bool input_has_room(void) {
    return is_open && start == end;
}

static void pour(void) {
    while (start < end) {
        ssize_t written = input < 0 ? (ssize_t)(end - start) : write(input, bytes + start, end - start);
        if (written < 0 && errno == EAGAIN)
            return;
        // A terminal that nobody has open swallows what is typed.
        if (written < 0 && errno == EIO)
            start = end;
        else if (written < 0 && errno != EINTR)
            close_input();
        start += written > 0 ? (size_t)written : 0;
    }
    start = end = 0;
    if (ended)
        close_input();
}

ssize_t input_take(int connection) {
    ssize_t length = recv(connection, bytes, sizeof bytes, MSG_DONTWAIT);
    if (length < 0)
        return -errno;
    if (ended)
        return length;
    start = 0;
    end = (size_t)length;
    pour();
    return length;
}

void input_attach_ended(void) {
    if (ends_once)
        input_end();
}

void input_end(void) {
    if (is_terminal)
        return;
    ended = true;
    if (start == end)
        close_input();
}

static void input_ready(void *of, short events) {
    (void)of;
    (void)events;
    pour();
}

void input_wait(void) {
    if (start < end)
        loop_wait_for(input, POLLOUT, input_ready, NULL);
}
