#ifndef CHANNEL_H
#define CHANNEL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "flow.h"
#include "reader.h"
#include "wire.h"

enum { CHANNELS = 256, OUTPUTS = 2 };

struct channel;

/* What a channel can be opened as. Each returns 0 or a negative errno. */
struct channel_kind {
    /*
     * Reads the parameters to their end, then acts. `*code` names the failure for the client. Opens flows, or sends
     * its answer: a channel without open flow and process is closed as soon as this returns.
     */
    int (*open)(struct channel *channel, struct reader *parameters, const char **code);
    /* The input's descriptor is writable for the first time (connect). NULL: opened when `open` returns. */
    int (*established)(struct channel *channel, const char **code);
};

struct channel {
    /* 0: free. */
    uint16_t id;
    const struct channel_kind *kind;
    /* Bytes that the client still takes on this channel. */
    uint32_t credit;
    bool established;
    struct inflow input;
    struct outflow output[OUTPUTS];
    /* The process behind it, and its wait(2) status once it is dead. */
    pid_t pid;
    bool dead;
    int status;
    /* Master side, for FRAME_RESIZE; -1: no PTY. */
    int pty_fd;
};

/* By the kind's number in FRAME_OPEN; the program (or a test) defines them. */
extern const struct channel_kind *const channel_kinds[];
extern const unsigned channel_kind_count;

/* One frame of the client. Whatever it holds, the answer is at most OUTBOX_ANSWER bytes. */
void channel_receive(const struct frame *frame);

/* The conversation starts anew: everything that belongs to channels ends. */
void channel_drop_all(void);

/* Credit has come, a flow has ended, a process has died: closes the channel when nothing remains to be done. */
void channel_settle(struct channel *channel);

/* FRAME_OPENED. */
void channel_opened(struct channel *channel);

/* Ends the channel with a reason: "io-failed", and the errno behind it (negative). */
void channel_fail(struct channel *channel, const char *code, int error);

struct channel *channel_of_process(pid_t pid);

#endif
