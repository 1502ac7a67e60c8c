#include "namespace.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int complain(const char *what)
{
    fprintf(stderr, "hulltap: %s: %s\n", what, strerror(errno));
    return -1;
}

int namespace_enter(const char *path, int *home)
{
    int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

    if (here < 0)
        return -1;
    int there = open(path, O_RDONLY | O_CLOEXEC);
    if (there >= 0 && setns(there, CLONE_NEWNET) == 0) {
        close(there);
        *home = here;
        return 0;
    }
    int error = errno;
    if (there >= 0)
        close(there);
    close(here);
    errno = error;
    return -1;
}

int namespace_leave(int home)
{
    int result = setns(home, CLONE_NEWNET);

    close(home);
    return result;
}

int namespace_number(const char *path, ino_t *inode)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return -1;
    *inode = status.st_ino;
    return 0;
}
