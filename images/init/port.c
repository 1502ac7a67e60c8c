#include "port.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static int open_path(const char *path)
{
    int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

    return fd < 0 ? -errno : fd;
}

/* A port that the device calls a console is a terminal, and its /dev/vport* says ENXIO. Slower, but it works. */
static int open_terminal(void)
{
    struct termios settings;
    int fd = open_path("/dev/hvc1");

    if (fd < 0)
        return fd;
    if (tcgetattr(fd, &settings) == 0) {
        cfmakeraw(&settings);
        tcsetattr(fd, TCSANOW, &settings);
    }
    return fd;
}

static int open_virtio(void)
{
    glob_t found;
    /* The first number is the device's, which depends on what else is in the machine. */
    int fd = glob("/dev/vport*p1", 0, NULL, &found) == 0 ? open_path(found.gl_pathv[0]) : -ENOENT;

    globfree(&found);
    return fd < 0 ? open_terminal() : fd;
}

int port_open(const char *where)
{
    char *end;

    if (where == NULL)
        return open_virtio();
    long number = strtol(where, &end, 10);
    if (*end != '\0')
        return open_path(where);
    if (fcntl((int)number, F_SETFL, O_NONBLOCK) != 0 || fcntl((int)number, F_SETFD, FD_CLOEXEC) != 0)
        return -errno;
    return (int)number;
}
