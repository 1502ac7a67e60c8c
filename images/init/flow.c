#include "flow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "channel.h"
#include "outbox.h"

#define OWNER(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))

/* Tells the client of room only when it is worth a frame. */
static void give_window(struct inflow *flow)
{
    if (flow->ended || flow->taken < INFLOW_WINDOW / 2)
        return;
    uint8_t more[4];
    for (int i = 0; i < 4; i++)
        more[i] = (uint8_t)(flow->taken >> 8 * i);
    if (outbox_send(FRAME_WINDOW, flow->channel->id, more, sizeof more) == 0) {
        flow->window += flow->taken;
        flow->taken = 0;
    }
}

static bool reader_is_gone(const struct inflow *flow, int error)
{
    return flow->target != INFLOW_FILE && (error == EPIPE || error == ECONNRESET || error == EIO);
}

/* Writes what the descriptor takes now; returns how much, or a negative errno. */
static ssize_t pour(struct inflow *flow, const uint8_t *bytes, uint32_t length)
{
    uint32_t done = 0;

    while (done < length && !flow->discards) {
        ssize_t written = write(flow->watch.fd, bytes + done, length - done);
        if (written >= 0)
            done += (uint32_t)written;
        else if (errno == EAGAIN)
            break;
        else if (reader_is_gone(flow, errno))
            flow->discards = true;
        else if (errno != EINTR)
            return -errno;
    }
    return flow->discards ? (ssize_t)length : (ssize_t)done;
}

static int keep(struct inflow *flow, const uint8_t *bytes, uint32_t length)
{
    if (flow->backlog == NULL && (flow->backlog = malloc(INFLOW_WINDOW)) == NULL)
        return -ENOMEM;
    if (flow->offset + flow->length + length > INFLOW_WINDOW) {
        memmove(flow->backlog, flow->backlog + flow->offset, flow->length);
        flow->offset = 0;
    }
    memcpy(flow->backlog + flow->offset + flow->length, bytes, length);
    flow->length += length;
    return watch_set(&flow->watch, EPOLLOUT);
}

/* Everything that came is written: what the client's end of stream means for the descriptor. */
static void end(struct inflow *flow)
{
    if (flow->target == INFLOW_SOCKET)
        shutdown(flow->watch.fd, SHUT_WR);
    if (flow->target == INFLOW_PTY) {
        struct termios terminal;
        int known = tcgetattr(flow->watch.fd, &terminal);
        /* A full input queue has other things to read first: then this end of file is lost, as at any terminal. */
        ssize_t ignored = known == 0 ? write(flow->watch.fd, &terminal.c_cc[VEOF], 1) : 0;
        (void)ignored;
    }
    inflow_close(flow);
}

/* The connection has come about, or has not. */
static void settle_connection(struct channel *channel)
{
    const char *code = "connect-failed";
    int error = channel->kind->established(channel, &code);

    if (error != 0)
        return channel_fail(channel, code, error);
    watch_set(&channel->input.watch, 0);
    channel_opened(channel);
}

static void inflow_ready(struct watch *watch)
{
    struct inflow *flow = OWNER(watch, struct inflow, watch);
    struct channel *channel = flow->channel;

    if (!channel->established)
        return settle_connection(channel);

    ssize_t written = pour(flow, flow->backlog + flow->offset, flow->length);
    if (written < 0)
        return channel_fail(channel, "io-failed", (int)written);
    flow->offset += (uint32_t)written;
    flow->length -= (uint32_t)written;
    flow->taken += (uint32_t)written;
    if (flow->length == 0) {
        flow->offset = 0;
        watch_set(watch, 0);
        if (flow->ended)
            end(flow);
    }
    give_window(flow);
    channel_settle(channel);
}

void inflow_open(struct inflow *flow, struct channel *channel, int fd, enum inflow_target target)
{
    *flow = (struct inflow){
        .watch = { .fd = fd, .ready = inflow_ready },
        .channel = channel,
        .target = target,
        .open = true,
    };
}

int inflow_take(struct inflow *flow, const uint8_t *bytes, uint32_t length)
{
    if (!flow->open || flow->ended)
        /* It closed when the client was already sending. */
        return 0;
    if (length > flow->window)
        return -EMSGSIZE;
    flow->window -= length;

    ssize_t written = flow->length > 0 ? 0 : pour(flow, bytes, length);
    if (written < 0)
        return (int)written;
    flow->taken += (uint32_t)written;
    int error = (uint32_t)written < length ? keep(flow, bytes + written, length - (uint32_t)written) : 0;
    give_window(flow);
    return error;
}

int inflow_finish(struct inflow *flow)
{
    if (!flow->open || flow->ended)
        return 0;
    flow->ended = true;
    if (flow->length == 0)
        end(flow);
    return 0;
}

void inflow_close(struct inflow *flow)
{
    if (!flow->open)
        return;
    watch_close(&flow->watch);
    free(flow->backlog);
    flow->backlog = NULL;
    flow->length = 0;
    flow->open = false;
}

static uint32_t sendable(const struct outflow *flow)
{
    uint32_t most = flow->channel->credit < WIRE_PAYLOAD_MAX ? flow->channel->credit : WIRE_PAYLOAD_MAX;

    return flow->draining && flow->remaining < most ? flow->remaining : most;
}

static void outflow_ready(struct watch *watch)
{
    struct outflow *flow = OWNER(watch, struct outflow, watch);
    struct channel *channel = flow->channel;
    uint32_t most = sendable(flow);

    if (most == 0) {
        /* Its sibling has used up the credit. */
        watch_set(watch, 0);
        return;
    }
    ssize_t length = read(watch->fd, outbox_reserve(most), most);
    if (length < 0 && (errno == EAGAIN || errno == EINTR) && !flow->draining)
        return;
    /* A PTY says EIO when its last user has gone. */
    if (length < 0 && errno != EIO && errno != EAGAIN)
        return channel_fail(channel, "io-failed", -errno);

    if (length > 0) {
        outbox_commit(flow->type, channel->id, (uint32_t)length);
        channel->credit -= (uint32_t)length;
        flow->remaining -= flow->draining ? (uint32_t)length : 0;
        if (channel->credit == 0)
            watch_set(watch, 0);
    }
    if (length <= 0 || (flow->draining && flow->remaining == 0)) {
        outflow_close(flow);
        if (flow->type == FRAME_DATA)
            outbox_send(FRAME_END, channel->id, NULL, 0);
    }
    channel_settle(channel);
}

int outflow_open(struct outflow *flow, struct channel *channel, int fd, uint8_t type)
{
    *flow = (struct outflow){
        .watch = { .fd = fd, .ready = outflow_ready },
        .channel = channel,
        .type = type,
        .open = true,
    };
    return outflow_resume(flow);
}

int outflow_resume(struct outflow *flow)
{
    if (!flow->open || !flow->channel->established)
        return 0;
    return watch_set(&flow->watch, flow->channel->credit > 0 ? EPOLLIN : 0);
}

void outflow_drain(struct outflow *flow)
{
    int held = 0;

    if (!flow->open)
        return;
    ioctl(flow->watch.fd, FIONREAD, &held);
    flow->draining = true;
    flow->remaining = held > 0 ? (uint32_t)held : 0;
    if (held <= 0)
        outflow_close(flow);
}

void outflow_close(struct outflow *flow)
{
    if (!flow->open)
        return;
    watch_close(&flow->watch);
    flow->open = false;
}
