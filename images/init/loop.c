#include "loop.h"

#include <errno.h>
#include <unistd.h>

#include "outbox.h"

enum { BATCH = 16 };

static int epoll_fd = -1;
static struct watch *always_ready;

/* The batch at hand: a watch that is closed by another's callback must not be called any more. */
static struct epoll_event batch[BATCH];
static int batch_size;

int loop_open(void)
{
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    return epoll_fd < 0 ? -errno : 0;
}

int loop_fd(void)
{
    return epoll_fd;
}

bool loop_is_busy(void)
{
    return always_ready != NULL;
}

static void join_turns(struct watch *watch)
{
    struct watch **link = &always_ready;

    while (*link != NULL)
        link = &(*link)->next;
    *link = watch;
    watch->next = NULL;
    watch->always_ready = true;
}

static void leave_turns(struct watch *watch)
{
    for (struct watch **link = &always_ready; *link != NULL; link = &(*link)->next)
        if (*link == watch) {
            *link = watch->next;
            break;
        }
    watch->always_ready = false;
}

static void forget(struct watch *watch)
{
    for (int i = 0; i < batch_size; i++)
        if (batch[i].data.ptr == watch)
            batch[i].data.ptr = NULL;
}

int watch_set(struct watch *watch, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.ptr = watch };

    if (watch->fd < 0 || watch->events == events)
        return 0;
    if (watch->always_ready) {
        leave_turns(watch);
    } else if (watch->events != 0) {
        /* Not EPOLL_CTL_MOD to 0: that would go on reporting hang-ups. */
        epoll_ctl(epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
        forget(watch);
    }
    watch->events = events;
    if (events == 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, watch->fd, &event) == 0)
        return 0;
    if (errno != EPERM) {
        watch->events = 0;
        return -errno;
    }
    join_turns(watch);
    return 0;
}

void watch_close(struct watch *watch)
{
    if (watch->fd < 0)
        return;
    watch_set(watch, 0);
    close(watch->fd);
    watch->fd = -1;
}

void loop_turn(void)
{
    /* One a turn, in rotation: what a callback closes may be any of them. */
    struct watch *first = always_ready;
    if (first != NULL && outbox_free() >= OUTBOX_TURN) {
        leave_turns(first);
        join_turns(first);
        first->ready(first);
    }

    batch_size = epoll_wait(epoll_fd, batch, BATCH, 0);
    for (int i = 0; i < batch_size && outbox_free() >= OUTBOX_TURN; i++) {
        struct watch *watch = batch[i].data.ptr;
        if (watch != NULL)
            watch->ready(watch);
    }
    batch_size = 0;
}
