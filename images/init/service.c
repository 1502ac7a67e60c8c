#include "service.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

/* A program that lives shorter than this is started again only after as long: a broken one must not spin. */
enum { RESTART_MS = 1000, INHERITED_FD = 3 };

int64_t monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Opening a terminal as a session's leader makes it the controlling terminal: that is what job control needs. */
static void take_terminal(const char *path)
{
    int fd = open(path, O_RDWR);

    if (fd < 0) {
        report_failure(path, -errno);
        return;
    }
    ioctl(fd, TIOCSCTTY, 1);
    for (int standard = 0; standard <= 2; standard++)
        dup2(fd, standard);
    if (fd > 2)
        close(fd);
}

static _Noreturn void become(const struct service *service, int inherited)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    if (service->terminal != NULL)
        take_terminal(service->terminal);
    if (inherited >= 0) {
        /* dup2 onto itself would leave close-on-exec set. */
        if (inherited == INHERITED_FD)
            fcntl(inherited, F_SETFD, 0);
        else
            dup2(inherited, INHERITED_FD);
        if (service->announces)
            setenv("READY_FD", "3", 1);
    }
    execvp(service->argv[0], (char *const *)service->argv);
    report_failure(service->argv[0], -errno);
    _exit(127);
}

int service_start(struct service *service, int inherited)
{
    int ready[2] = { -1, inherited };

    if (service->announces && pipe2(ready, O_CLOEXEC) != 0)
        return -errno;

    pid_t pid = fork();
    if (pid == 0)
        become(service, ready[1]);

    int error = pid < 0 ? -errno : 0;
    if (service->announces)
        close(ready[1]);
    service->pid = pid;
    service->ready_fd = ready[0];
    service->started_ms = monotonic_ms();
    service->restart_ms = 0;
    if (error != 0)
        service_died(service);
    return error;
}

void service_died(struct service *service)
{
    int64_t now = monotonic_ms();

    if (service->ready_fd >= 0)
        close(service->ready_fd);
    service->ready_fd = -1;
    service->pid = 0;
    service->ready = false;
    service->restart_ms = now - service->started_ms < RESTART_MS ? now + RESTART_MS : now;
}
