#include "connection.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "append.h"
#include "attach.h"
#include "control.h"
#include "input.h"
#include "loop.h"

static const char socket_name[] = "shim.sock";

struct connection connections[CONNECTIONS];
static int listener = -1;

int connections_listen(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, socket_name);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    unlink(socket_name);
    mode_t mask = umask(0177);
    bool listening =
        fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, CONNECTIONS) == 0;
    int error = listening ? 0 : -errno;
    umask(mask);
    if (error == 0)
        listener = fd;
    else if (fd >= 0)
        close(fd);
    return error;
}

void connections_refuse(void) {
    if (listener < 0)
        return;
    unlink(socket_name);
    close(listener);
    listener = -1;
}

void connection_close(struct connection *connection) {
    static char discarded[1024];
    if (connection->kind == CONNECTION_NONE)
        return;
    enum connection_kind kind = connection->kind;
    // Bytes that nobody has read would make the client's end of file a "connection reset".
    shutdown(connection->fd, SHUT_RDWR);
    while (recv(connection->fd, discarded, sizeof discarded, MSG_DONTWAIT) > 0)
        ;
    close(connection->fd);
    connection->kind = CONNECTION_NONE;
    if (kind == CONNECTION_ATTACH && connection->streams[0])
        input_attach_ended();
    if (kind == CONNECTION_CONTROL)
        control_ended();
}

void connection_leave(struct connection *connection) {
    connection->leaving = true;
    if (outbox_length(&connection->outbox) == 0)
        connection_close(connection);
}

void connection_check(struct connection *connection, int error) {
    if (error < 0 && !attach_goes_on(connection))
        connection_close(connection);
}

static void refuse(struct connection *connection, const char *sentence) {
    char line[128];
    char *end = append_text(append_text(append_text(line, "error \""), sentence), "\"\n");
    connection_check(connection,
                     outbox_send(&connection->outbox, connection->fd, "", 0, line, (size_t)(end - line)));
    if (connection->kind != CONNECTION_NONE)
        connection_leave(connection);
}

static void take_line(struct connection *connection, const char *line, size_t length) {
    struct command command;
    if (command_parse(line, length, &command) < 0)
        return refuse(connection, "this line means nothing to the shim: see PROTOCOL.md");
    if (connection == &connections[CONNECTIONS - 1])
        return refuse(connection, "as many connections are open as a shim serves");
    if (connection->kind == CONNECTION_CONTROL)
        return control_obey(connection, &command);
    if (command.kind == COMMAND_CONTROL)
        return control_begin(connection);
    if (command.kind == COMMAND_ATTACH)
        return attach_begin(connection, &command);
    refuse(connection, "the first line is control or attach");
}

// One line at most, and nothing beyond it: what follows may be the container's input.
static void receive_line(struct connection *connection) {
    char *line = connection->line + connection->line_length;
    ssize_t length =
        recv(connection->fd, line, COMMAND_MAX - connection->line_length, MSG_PEEK | MSG_DONTWAIT);
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (length <= 0)
        return connection_close(connection);
    const char *newline = memchr(line, '\n', (size_t)length);
    size_t taken = newline != NULL ? (size_t)(newline - line) + 1 : (size_t)length;
    recv(connection->fd, line, taken, MSG_DONTWAIT);
    connection->line_length += taken;
    if (newline != NULL) {
        size_t whole = connection->line_length - 1;
        connection->line_length = 0;
        take_line(connection, connection->line, whole);
    } else if (connection->line_length == COMMAND_MAX) {
        refuse(connection, "this line is longer than any that the shim knows");
    }
}

static void connection_ready(void *of, short events) {
    struct connection *connection = of;
    if (connection->kind == CONNECTION_NONE)
        return;
    if (events & POLLOUT)
        connection_check(connection, outbox_flush(&connection->outbox, connection->fd));
    if (connection->kind != CONNECTION_NONE && connection->leaving)
        // Who has gone takes nothing more.
        return events & (POLLHUP | POLLERR) ? connection_close(connection) : connection_leave(connection);
    if (connection->kind == CONNECTION_ATTACH)
        attach_ready(connection, events);
    else if (connection->kind != CONNECTION_NONE && events & (POLLIN | POLLHUP | POLLERR))
        receive_line(connection);
}

static struct connection *free_place(void) {
    for (int i = 0; i < CONNECTIONS; i++)
        if (connections[i].kind == CONNECTION_NONE)
            return &connections[i];
    return NULL;
}

void connection_adopt(int fd, enum connection_kind kind) {
    static uint8_t bytes[CONNECTIONS][OUTBOX_SIZE];
    struct connection *connection = free_place();
    connection->kind = kind;
    connection->fd = fd;
    connection->leaving = false;
    connection->line_length = 0;
    connection->outbox = (struct outbox){.bytes = bytes[connection - connections]};
    memset(connection->streams, 0, sizeof connection->streams);
}

static void listener_ready(void *of, short events) {
    (void)of;
    (void)events;
    int fd = listener < 0 ? -1 : accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0)
        connection_adopt(fd, CONNECTION_NEW);
}

void connections_wait(void) {
    for (int i = 0; i < CONNECTIONS; i++) {
        struct connection *connection = &connections[i];
        if (connection->kind == CONNECTION_NONE)
            continue;
        short events = outbox_length(&connection->outbox) > 0 ? POLLOUT : 0;
        if (!connection->leaving && connection->kind != CONNECTION_ATTACH)
            events |= POLLIN;
        if (connection->leaving || connection->kind != CONNECTION_ATTACH || attach_wants(connection, &events))
            loop_wait_for(connection->fd, events, connection_ready, connection);
    }
    // Last, because it may reuse the place of one that has just gone.
    if (listener >= 0 && free_place() != NULL)
        loop_wait_for(listener, POLLIN, listener_ready, NULL);
}

size_t connections_owe(void) {
    size_t owed = 0;
    for (int i = 0; i < CONNECTIONS; i++)
        if (connections[i].kind != CONNECTION_NONE)
            owed += outbox_length(&connections[i].outbox);
    return owed;
}
