#include "outputs.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "attach.h"
#include "log.h"
#include "loop.h"

// What is read at once: Docker's longest record of a log.
enum { CHUNK = 16 * 1024 };

struct output {
    int fd;
    // As which stream it is shown.
    int number;
    // How much is still read, if `bounded`.
    bool bounded;
    size_t remaining;
};

static struct output outputs[2] = {{.fd = -1, .number = 1}, {.fd = -1, .number = 2}};
static bool is_terminal;
static struct winsize size;

void outputs_open_pipes(int out, int errors) {
    outputs[0].fd = out;
    outputs[1].fd = errors;
}

void outputs_open_terminal(int master) {
    outputs[0].fd = master;
    is_terminal = true;
    if (size.ws_row > 0 || size.ws_col > 0)
        ioctl(master, TIOCSWINSZ, &size);
}

void outputs_resize(unsigned short rows, unsigned short columns) {
    size = (struct winsize){.ws_row = rows, .ws_col = columns};
    if (is_terminal && outputs[0].fd >= 0)
        ioctl(outputs[0].fd, TIOCSWINSZ, &size);
}

static void close_output(struct output *output) {
    if (output->fd >= 0)
        close(output->fd);
    output->fd = -1;
}

static void output_ready(void *of, short events) {
    static uint8_t bytes[CHUNK];
    struct output *output = of;
    (void)events;
    // An attach may have filled up with the other stream in this turn.
    if (!attaches_have_room(output->number, CHUNK))
        return;
    size_t most = output->bounded && output->remaining < CHUNK ? output->remaining : CHUNK;
    ssize_t length = read(output->fd, bytes, most);
    if (length < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    // A terminal says EIO when its last user has gone.
    if (length <= 0)
        return close_output(output);
    log_write(output->number, bytes, (size_t)length);
    attaches_send(output->number, is_terminal, bytes, (size_t)length);
    output->remaining -= output->bounded ? (size_t)length : 0;
    if (output->bounded && output->remaining == 0)
        close_output(output);
}

void outputs_wait(void) {
    for (int i = 0; i < 2; i++)
        if (outputs[i].fd >= 0 && attaches_have_room(outputs[i].number, CHUNK))
            loop_wait_for(outputs[i].fd, POLLIN, output_ready, &outputs[i]);
}

void outputs_bound(bool all) {
    for (int i = 0; i < 2; i++) {
        int held = 0;
        if (outputs[i].fd < 0 || outputs[i].bounded || (is_terminal && !all))
            continue;
        ioctl(outputs[i].fd, FIONREAD, &held);
        outputs[i].bounded = true;
        outputs[i].remaining = held > 0 ? (size_t)held : 0;
        if (held <= 0)
            close_output(&outputs[i]);
    }
}

bool outputs_done(void) {
    return outputs[0].fd < 0 && outputs[1].fd < 0;
}

void outputs_close(void) {
    close_output(&outputs[0]);
    close_output(&outputs[1]);
}
