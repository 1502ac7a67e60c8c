#include "channel.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "outbox.h"

static struct channel channels[CHANNELS];

static struct channel *find(uint16_t id)
{
    for (int i = 0; i < CHANNELS; i++)
        if (channels[i].id == id)
            return &channels[i];
    return NULL;
}

struct channel *channel_of_process(pid_t pid)
{
    for (int i = 0; i < CHANNELS; i++)
        if (channels[i].id != 0 && channels[i].pid == pid)
            return &channels[i];
    return NULL;
}

static void release(struct channel *channel)
{
    /* Its process is a session's leader: the group goes with it. init's children it has left behind stay. */
    if (channel->pid > 0 && !channel->dead)
        kill(-channel->pid, SIGKILL);
    inflow_close(&channel->input);
    for (int i = 0; i < OUTPUTS; i++)
        outflow_close(&channel->output[i]);
    channel->id = 0;
}

void channel_drop_all(void)
{
    for (int i = 0; i < CHANNELS; i++)
        if (channels[i].id != 0)
            release(&channels[i]);
}

static void refuse(uint16_t id, const char *code, const char *reason)
{
    outbox_send_json(FRAME_CLOSE, id, "{\"code\":\"%s\",\"message\":\"%s\"}", code, reason);
}

static void fail_because(struct channel *channel, const char *code, const char *reason)
{
    uint16_t id = channel->id;

    release(channel);
    refuse(id, code, reason);
}

void channel_fail(struct channel *channel, const char *code, int error)
{
    fail_because(channel, code, strerror(-error));
}

static void send_exit(const struct channel *channel)
{
    if (WIFSIGNALED(channel->status))
        outbox_send_json(FRAME_EXIT, channel->id, "{\"type\":\"signaled\",\"signal\":%d}", WTERMSIG(channel->status));
    else
        outbox_send_json(FRAME_EXIT, channel->id, "{\"type\":\"exited\",\"code\":%d}", WEXITSTATUS(channel->status));
}

static bool has_work(const struct channel *channel)
{
    for (int i = 0; i < OUTPUTS; i++)
        if (channel->output[i].open)
            return true;
    /* A dead process reads nothing more; a file or a peer may. */
    return !channel->dead && (channel->pid > 0 || channel->input.open);
}

void channel_settle(struct channel *channel)
{
    if (channel->id == 0 || has_work(channel))
        return;

    uint16_t id = channel->id;
    if (channel->dead)
        send_exit(channel);
    release(channel);
    outbox_send_json(FRAME_CLOSE, id, "{}");
}

void channel_opened(struct channel *channel)
{
    channel->established = true;
    channel->input.window = channel->input.open ? INFLOW_WINDOW : 0;
    outbox_send_json(FRAME_OPENED, channel->id, "{\"window\":%u,\"pid\":%d}", channel->input.window, channel->pid);
    for (int i = 0; i < OUTPUTS; i++) {
        int error = outflow_resume(&channel->output[i]);
        if (error != 0)
            return channel_fail(channel, "io-failed", error);
    }
}

static void open_channel(const struct frame *frame)
{
    struct reader payload = { .at = frame->payload, .end = frame->payload + frame->length };
    unsigned kind = (unsigned)read_uint(&payload, 1);
    uint32_t credit = (uint32_t)read_uint(&payload, 4);

    if (frame->channel == 0 || find(frame->channel) != NULL)
        return refuse(frame->channel, "malformed", "this channel is in use");
    if (payload.failed || kind >= channel_kind_count || channel_kinds[kind] == NULL)
        return refuse(frame->channel, "malformed", "no such kind of channel");
    struct channel *channel = find(0);
    if (channel == NULL)
        return refuse(frame->channel, "too-many-channels", "as many channels are open as the agent can serve");

    *channel = (struct channel){ .id = frame->channel, .kind = channel_kinds[kind], .credit = credit, .pty_fd = -1 };
    const char *code = "malformed";
    int error = channel->kind->open(channel, &payload, &code);
    if (error != 0)
        return channel_fail(channel, code, error);
    if (channel->kind->established == NULL && has_work(channel))
        channel_opened(channel);
    channel_settle(channel);
}

static int give_credit(struct channel *channel, uint32_t more)
{
    int error = 0;

    if (more > UINT32_MAX - channel->credit)
        return -EMSGSIZE;
    channel->credit += more;
    for (int i = 0; i < OUTPUTS && error == 0; i++)
        error = outflow_resume(&channel->output[i]);
    return error;
}

static int resize(struct channel *channel, struct reader *payload)
{
    struct winsize size = { .ws_row = (unsigned short)read_uint(payload, 2) };

    size.ws_col = (unsigned short)read_uint(payload, 2);
    if (!reader_finished(payload) || channel->pty_fd < 0)
        return -EPROTO;
    /* Fails only when the PTY has just gone, and then nobody looks at it. */
    if (channel->output[0].open)
        ioctl(channel->pty_fd, TIOCSWINSZ, &size);
    return 0;
}

static int send_signal(struct channel *channel, struct reader *payload)
{
    int signal = (int)read_uint(payload, 1);

    if (!reader_finished(payload) || channel->pid <= 0)
        return -EPROTO;
    if (!channel->dead)
        kill(-channel->pid, signal);
    return 0;
}

static int deliver(struct channel *channel, const struct frame *frame)
{
    struct reader payload = { .at = frame->payload, .end = frame->payload + frame->length };

    switch (frame->type) {
    case FRAME_DATA:
        return channel->established ? inflow_take(&channel->input, frame->payload, frame->length) : -EMSGSIZE;
    case FRAME_END:
        return channel->established ? inflow_finish(&channel->input) : -EPROTO;
    case FRAME_WINDOW: {
        uint32_t more = (uint32_t)read_uint(&payload, 4);
        return reader_finished(&payload) ? give_credit(channel, more) : -EPROTO;
    }
    case FRAME_RESIZE:
        return resize(channel, &payload);
    case FRAME_SIGNAL:
        return send_signal(channel, &payload);
    default:
        return -EPROTO;
    }
}

void channel_receive(const struct frame *frame)
{
    if (frame->type == FRAME_OPEN)
        return open_channel(frame);
    if (frame->channel == 0)
        return (void)outbox_send_json(
            FRAME_FAULT, 0, "{\"code\":\"malformed\",\"message\":\"frame type %u on channel 0\"}", frame->type);

    struct channel *channel = find(frame->channel);
    if (channel == NULL)
        /* It has ended, and the client did not know yet when it sent this. */
        return;
    if (frame->type == FRAME_CLOSE) {
        release(channel);
        return (void)outbox_send_json(FRAME_CLOSE, frame->channel, "{}");
    }

    int error = deliver(channel, frame);
    if (error == -EPROTO)
        return fail_because(channel, "malformed", "a frame that this channel does not take");
    if (error == -EMSGSIZE)
        return fail_because(channel, "window-exceeded", "more bytes than the window allowed");
    if (error != 0)
        return channel_fail(channel, "io-failed", error);
    channel_settle(channel);
}
