#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static int read_open(struct channel *channel, struct reader *parameters, const char **code)
{
    const char *path = read_string(parameters);
    struct stat what;

    if (!reader_finished(parameters))
        return -EPROTO;
    *code = "file-failed";
    /* Non-blocking so that a pipe without a writer does not stop the agent. */
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return -errno;
    int error = outflow_open(&channel->output[0], channel, fd, FRAME_DATA);
    return fstat(fd, &what) == 0 && S_ISDIR(what.st_mode) ? -EISDIR : error;
}

static int write_open(struct channel *channel, struct reader *parameters, const char **code)
{
    mode_t mode = (mode_t)read_uint(parameters, 4);
    const char *path = read_string(parameters);

    if (!reader_finished(parameters))
        return -EPROTO;
    *code = "file-failed";
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, mode & 07777);
    if (fd < 0)
        return -errno;
    inflow_open(&channel->input, channel, fd, INFLOW_FILE);
    return 0;
}

const struct channel_kind read_kind = { .open = read_open }, write_kind = { .open = write_open };
