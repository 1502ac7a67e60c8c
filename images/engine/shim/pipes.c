#include "pipes.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int open_pipe(int *ours, int our_end, int *theirs) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    *ours = ends[our_end];
    *theirs = ends[!our_end];
    fcntl(*ours, F_SETFL, O_NONBLOCK);
    return 0;
}

static int open_null(int *theirs) {
    *theirs = open("/dev/null", O_RDWR | O_CLOEXEC);
    return *theirs < 0 ? -errno : 0;
}

int pipes_open(struct pipes *pipes, bool output, bool input) {
    *pipes = (struct pipes){.given = {-1, -1, -1}, .input = -1, .output = -1, .errors = -1};
    int error = input ? open_pipe(&pipes->input, 1, &pipes->given[0]) : open_null(&pipes->given[0]);
    if (error == 0)
        error = output ? open_pipe(&pipes->output, 0, &pipes->given[1]) : open_null(&pipes->given[1]);
    return error < 0 ? error : open_pipe(&pipes->errors, 0, &pipes->given[2]);
}

static void close_end(int *end) {
    if (*end >= 0)
        close(*end);
    *end = -1;
}

void pipes_give(struct pipes *pipes) {
    for (int stream = 0; stream < 3; stream++)
        close_end(&pipes->given[stream]);
}

int pipes_take(int *end) {
    int taken = *end;
    *end = -1;
    return taken;
}

void pipes_close(struct pipes *pipes) {
    close_end(&pipes->input);
    close_end(&pipes->output);
    close_end(&pipes->errors);
}
