#include "outbox.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

// How much was sent; 0 if the socket takes nothing now.
static ssize_t send_parts(int socket, struct iovec *parts, size_t count) {
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    ssize_t sent = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    return sent;
}

static void keep(struct outbox *outbox, const uint8_t *bytes, size_t length) {
    if (outbox->end + length > OUTBOX_SIZE) {
        memmove(outbox->bytes, outbox->bytes + outbox->start, outbox_length(outbox));
        outbox->end -= outbox->start;
        outbox->start = 0;
    }
    memcpy(outbox->bytes + outbox->end, bytes, length);
    outbox->end += length;
}

int outbox_send(struct outbox *outbox, int socket, const void *header, size_t header_length,
                const void *bytes, size_t length) {
    struct iovec parts[] = {{(void *)header, header_length}, {(void *)bytes, length}};
    if (header_length + length > outbox_free(outbox))
        return -ENOBUFS;
    ssize_t sent = outbox_length(outbox) > 0 ? 0 : send_parts(socket, parts, 2);
    if (sent < 0)
        return (int)sent;
    size_t done = (size_t)sent;
    for (int i = 0; i < 2; i++) {
        size_t skip = done < parts[i].iov_len ? done : parts[i].iov_len;
        if (skip < parts[i].iov_len)
            keep(outbox, (const uint8_t *)parts[i].iov_base + skip, parts[i].iov_len - skip);
        done -= skip;
    }
    return 0;
}

int outbox_flush(struct outbox *outbox, int socket) {
    struct iovec part = {outbox->bytes + outbox->start, outbox_length(outbox)};
    ssize_t sent = part.iov_len > 0 ? send_parts(socket, &part, 1) : 0;
    if (sent < 0)
        return (int)sent;
    outbox->start += (size_t)sent;
    if (outbox->start == outbox->end)
        outbox->start = outbox->end = 0;
    return 0;
}
