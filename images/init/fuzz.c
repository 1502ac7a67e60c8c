/*
 * libFuzzer target: any bytes of a client through decoder and dispatcher, with real flows on real descriptors. What
 * the parameters ask for is read by the agent's own parsers, and not done: programs are not run, files not opened.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel.h"
#include "identity.h"
#include "loop.h"
#include "metrics.h"
#include "outbox.h"
#include "process.h"
#include "session.h"

/* Instead of what was asked for: a socket that gives back what it gets. */
static int open_echo(struct channel *channel)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
        return -1;
    inflow_open(&channel->input, channel, pair[0], INFLOW_SOCKET);
    return outflow_open(&channel->output[0], channel, pair[1], FRAME_DATA);
}

/* Reads every string to its end, as execve(2) would; a sanitizer complains if one has none. */
static size_t length_of(const char *const *strings)
{
    size_t length = 0;

    for (; *strings != NULL; strings++)
        length += strlen(*strings);
    return length;
}

static int exec_open(struct channel *channel, struct reader *parameters, const char **code)
{
    struct program program;
    int error = program_parse(parameters, &program);
    (void)code;
    if (error == 0 && strlen(program.cwd) + length_of(program.argv) + length_of(program.environment) > UINT16_MAX)
        error = -1;
    program_free(&program);
    return error != 0 ? error : open_echo(channel);
}

static int path_open(struct channel *channel, struct reader *parameters, const char **code)
{
    read_string(parameters);
    *code = "file-failed";
    return reader_finished(parameters) ? open_echo(channel) : -1;
}

static int connecting_open(struct channel *channel, struct reader *parameters, const char **code)
{
    int error = path_open(channel, parameters, code);

    return error != 0 ? error : watch_set(&channel->input.watch, EPOLLOUT);
}

static int established(struct channel *channel, const char **code)
{
    (void)code;
    /* Every other connection is refused. */
    return channel->id % 2 == 0 ? -1 : 0;
}

static int identity_open(struct channel *channel, struct reader *parameters, const char **code)
{
    struct identity identity;

    (void)channel;
    (void)code;
    return identity_parse(parameters, &identity);
}

static const struct channel_kind exec = { .open = exec_open }, path = { .open = path_open },
                                 connecting = { .open = connecting_open, .established = established },
                                 identity = { .open = identity_open };

const struct channel_kind *const channel_kinds[] = {
    [1] = &exec, [3] = &path, [5] = &connecting, [7] = &metrics_kind, [8] = &identity,
};
const unsigned channel_kind_count = sizeof channel_kinds / sizeof channel_kinds[0];

static struct decoder decoder;

/* One round of the main loop, with a port that takes everything. */
static void turn(int port)
{
    while (session_serve(&decoder))
        outbox_flush(port);
    loop_turn();
    outbox_flush(port);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int port = -1;

    if (port < 0) {
        port = open("/dev/null", O_WRONLY | O_CLOEXEC);
        loop_open();
        session_start("fuzz");
    }
    decoder = (struct decoder){ .synchronized = size > 0 && data[0] % 8 != 0 };
    while (size > 0) {
        size_t space;
        uint8_t *to = decoder_space(&decoder, &space);
        /* The portions vary with what comes. */
        size_t portion = 1 + data[0] % 64 * 64;
        portion = portion < size ? portion : size;
        portion = portion < space ? portion : space;
        memcpy(to, data, portion);
        decoder_added(&decoder, portion);
        data += portion;
        size -= portion;
        turn(port);
    }
    for (int i = 0; i < 4; i++)
        turn(port);
    channel_drop_all();
    return 0;
}

/* Random bytes have no valid check: seal what looks like a frame, so that mutations get past the decoder. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    size = LLVMFuzzerMutate(data, size, max_size);
    /* One in four stays as it is. */
    if (seed % 4 == 0)
        return size;
    for (size_t at = 0; at + WIRE_OVERHEAD <= size;) {
        uint32_t length = (uint32_t)(data[at] | (data[at + 1] & 0x03) << 8);
        uint8_t type = data[at + 6] % 16;
        uint16_t channel = data[at + 4] % 8;
        if (at + WIRE_OVERHEAD + length > size)
            length = (uint32_t)(size - at - WIRE_OVERHEAD);
        wire_seal(data + at, type, channel, length);
        at += WIRE_OVERHEAD + length;
    }
    return size;
}
