#include "connection.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum progress { OVER, WAITING, MOVED };

short connection_events(const struct connection *connection)
{
    return connection->sent < connection->length ? POLLOUT : POLLIN;
}

static enum progress after_failure(void)
{
    if (errno == EINTR)
        return MOVED;
    return errno == EAGAIN ? WAITING : OVER;
}

static enum progress send_answer(struct connection *connection)
{
    ssize_t count = send(connection->fd, connection->answer + connection->sent,
                         connection->length - connection->sent, MSG_NOSIGNAL);

    if (count < 0)
        return after_failure();
    connection->sent += (size_t)count;
    return connection->sent == connection->length && connection->close_when_sent ? OVER : MOVED;
}

static void refuse(struct connection *connection, int status)
{
    connection->close_when_sent = true;
    connection->sent = 0;
    connection->length = answer_error(status, connection->answer);
}

/* Answers the request at the start of the input; what follows it is the next one's beginning. */
static void serve(struct connection *connection, size_t head_length)
{
    struct request request;
    int status = request_parse(connection->input, head_length, &request);

    if (status != 0)
        return refuse(connection, status);
    connection->close_when_sent = !request.keep_alive;
    connection->sent = 0;
    connection->length = answer_request(&request, connection->answer);
    connection->received -= head_length;
    memmove(connection->input, connection->input + head_length, connection->received);
}

static enum progress receive(struct connection *connection)
{
    ssize_t count = recv(connection->fd, connection->input + connection->received,
                         REQUEST_MAX - connection->received, 0);

    if (count < 0)
        return after_failure();
    connection->received += (size_t)count;
    return count == 0 ? OVER : MOVED;
}

static enum progress step(struct connection *connection)
{
    if (connection->sent < connection->length)
        return send_answer(connection);

    size_t head_length = request_head_length(connection->input, connection->received);
    if (head_length == 0 && connection->received < REQUEST_MAX)
        return receive(connection);
    if (head_length == 0)
        refuse(connection, 431);
    else
        serve(connection, head_length);
    return MOVED;
}

bool connection_advance(struct connection *connection)
{
    enum progress progress;

    do
        progress = step(connection);
    while (progress == MOVED);
    return progress == WAITING;
}
