#include "outbox.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static uint8_t buffer[OUTBOX_SIZE];
static size_t start, end;

size_t outbox_free(void)
{
    return sizeof buffer - end;
}

uint8_t *outbox_reserve(size_t length)
{
    return length + WIRE_OVERHEAD > outbox_free() ? NULL : buffer + end + WIRE_HEADER;
}

void outbox_commit(uint8_t type, uint16_t channel, uint32_t length)
{
    wire_seal(buffer + end, type, channel, length);
    end += WIRE_OVERHEAD + length;
}

int outbox_send(uint8_t type, uint16_t channel, const void *payload, uint32_t length)
{
    uint8_t *space = outbox_reserve(length);

    if (space == NULL)
        return -ENOBUFS;
    if (length > 0)
        memcpy(space, payload, length);
    outbox_commit(type, channel, length);
    return 0;
}

int outbox_send_json(uint8_t type, uint16_t channel, const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof text)
        return -EMSGSIZE;
    return outbox_send(type, channel, text, (uint32_t)length);
}

int outbox_greet(const uint8_t nonce[WIRE_NONCE])
{
    if (outbox_free() < WIRE_GREETING)
        return -ENOBUFS;
    wire_greet(buffer + end, nonce);
    end += WIRE_GREETING;
    return 0;
}

int outbox_flush(int fd)
{
    /* The port's driver copies each write into one allocation; when memory is in pieces, smaller ones succeed. */
    size_t portion = 32 * 1024;

    while (start < end) {
        ssize_t written = write(fd, buffer + start, end - start < portion ? end - start : portion);
        if (written > 0)
            start += (size_t)written;
        else if (written < 0 && errno == ENOMEM && portion > 512)
            portion /= 2;
        else if (written < 0 && (errno == EAGAIN || errno == ENOMEM))
            return 1;
        else if (written < 0 && errno != EINTR)
            return -errno;
    }
    outbox_clear();
    return 0;
}

void outbox_clear(void)
{
    start = end = 0;
}
