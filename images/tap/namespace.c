#include "namespace.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int complain(const char *what)
{
    fprintf(stderr, "hulltap: %s: %s\n", what, strerror(errno));
    return -1;
}

int namespace_enter(unsigned pid, int *home)
{
    char path[64];
    int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

    if (here < 0)
        return -1;
    snprintf(path, sizeof path, "/proc/%u/ns/net", pid);
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
