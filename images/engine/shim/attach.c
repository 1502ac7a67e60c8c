#include "attach.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "input.h"

// Docker's frames: stream, three zeros, length, payload.
enum { FRAME_HEADER = 8 };

void attach_begin(struct connection *connection, const struct command *command) {
    connection->kind = CONNECTION_ATTACH;
    for (int stream = 0; stream < 3; stream++)
        connection->streams[stream] = command->streams[stream];
    connection_check(connection, outbox_send(&connection->outbox, connection->fd, "", 0, "ok\n", 3));
}

bool attach_wants(const struct connection *connection, short *events) {
    if (!connection->streams[0])
        return true;
    if (input_has_room())
        *events |= POLLIN;
    // A hang-up behind input that cannot be read on yet would be reported again and again.
    return *events != 0;
}

static void end_input(struct connection *connection) {
    connection->streams[0] = false;
    input_attach_ended();
    if (!connection->streams[1] && !connection->streams[2])
        connection_leave(connection);
}

void attach_ready(struct connection *connection, short events) {
    // What came before a hang-up is read first.
    if (!connection->streams[0]) {
        if (events & (POLLHUP | POLLERR))
            connection_close(connection);
        return;
    }
    if (!(events & (POLLIN | POLLHUP | POLLERR)) || !input_has_room())
        return;
    ssize_t length = input_take(connection->fd);
    if (length == 0)
        end_input(connection);
    else if (length < 0 && length != -EAGAIN && length != -EINTR)
        connection_close(connection);
}

bool attach_goes_on(struct connection *connection) {
    if (connection->kind != CONNECTION_ATTACH || !connection->streams[0] || connection->leaving)
        return false;
    connection->streams[1] = connection->streams[2] = false;
    connection->outbox.start = connection->outbox.end = 0;
    return true;
}

static bool has(const struct connection *connection, int stream) {
    return connection->kind == CONNECTION_ATTACH && !connection->leaving && connection->streams[stream];
}

bool attaches_have_room(int stream, size_t length) {
    for (int i = 0; i < CONNECTIONS; i++)
        if (has(&connections[i], stream) && outbox_free(&connections[i].outbox) < FRAME_HEADER + length)
            return false;
    return true;
}

void attaches_send(int stream, bool raw, const uint8_t *bytes, size_t length) {
    const uint8_t header[FRAME_HEADER] = {
        (uint8_t)stream, 0, 0, 0, (uint8_t)(length >> 24), (uint8_t)(length >> 16), (uint8_t)(length >> 8),
        (uint8_t)length};
    for (int i = 0; i < CONNECTIONS; i++)
        if (has(&connections[i], stream))
            connection_check(&connections[i], outbox_send(&connections[i].outbox, connections[i].fd, header,
                                                          raw ? 0 : FRAME_HEADER, bytes, length));
}

void attaches_leave(void) {
    for (int i = 0; i < CONNECTIONS; i++)
        if (connections[i].kind == CONNECTION_ATTACH && !connections[i].leaving)
            connection_leave(&connections[i]);
}
