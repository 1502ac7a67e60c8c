#ifndef DESCRIPTOR_H
#define DESCRIPTOR_H

#include <unistd.h>

/* A file descriptor that is closed when its scope ends. */
#define SCOPED_FD __attribute__((cleanup(descriptor_close))) int

static inline void descriptor_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

#endif
