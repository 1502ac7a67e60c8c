#include "connect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "descriptor.h"

static int begin(struct channel *channel, int family, const void *address, socklen_t length)
{
    SCOPED_FD fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    SCOPED_FD twin = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
    int on = 1;

    if (twin < 0)
        return -errno;
    if (family == AF_INET)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, address, length) != 0 && errno != EINPROGRESS)
        return -errno;
    inflow_open(&channel->input, channel, fd, INFLOW_SOCKET);
    /* Writable means connected or refused; `established` tells which. */
    int error = watch_set(&channel->input.watch, EPOLLOUT);
    int second = outflow_open(&channel->output[0], channel, twin, FRAME_DATA);
    /* The flows own them now. */
    fd = twin = -1;
    return error != 0 ? error : second;
}

static int tcp_open(struct channel *channel, struct reader *parameters, const char **code)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)read_uint(parameters, 2)) };
    const char *host = read_string(parameters);

    if (!reader_finished(parameters))
        return -EPROTO;
    *code = "connect-failed";
    return inet_pton(AF_INET, host, &address.sin_addr) != 1
               ? -EINVAL
               : begin(channel, AF_INET, &address, sizeof address);
}

static int unix_open(struct channel *channel, struct reader *parameters, const char **code)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const char *path = read_string(parameters);

    if (!reader_finished(parameters))
        return -EPROTO;
    *code = "connect-failed";
    if (strlen(path) >= sizeof address.sun_path)
        return -ENAMETOOLONG;
    strcpy(address.sun_path, path);
    return begin(channel, AF_UNIX, &address, sizeof address);
}

static int established(struct channel *channel, const char **code)
{
    int error = 0;
    socklen_t length = sizeof error;

    *code = "connect-failed";
    return getsockopt(channel->input.watch.fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0 ? -errno : -error;
}

const struct channel_kind connect_tcp_kind = { .open = tcp_open, .established = established };
const struct channel_kind connect_unix_kind = { .open = unix_open, .established = established };
