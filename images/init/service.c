#include "service.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

/* A program that lives shorter than this is started again only after as long: a broken one must not spin. */
enum { RESTART_MS = 1000, INHERITED_FD = 3, SOCKET_FD = 4, SOCKET_BACKLOG = 128, BACKGROUND_NICE = 19 };

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

static int open_socket(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    if (strlen(path) >= sizeof address.sun_path)
        return -ENAMETOOLONG;
    strcpy(address.sun_path, path);
    unlink(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, SOCKET_BACKLOG) != 0) {
        int error = -errno;
        close(fd);
        return error;
    }
    chmod(path, 0660);
    return fd;
}

static void take_log(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0640);

    if (fd < 0) {
        report_failure(path, -errno);
        return;
    }
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    close(fd);
}

/* dup2 onto itself would leave close-on-exec set. */
static void hand_over(int fd, int as)
{
    if (fd == as)
        fcntl(fd, F_SETFD, 0);
    else
        dup2(fd, as);
}

static _Noreturn void become(const struct service *service, int inherited)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    if (service->terminal != NULL)
        take_terminal(service->terminal);
    if (service->log != NULL)
        take_log(service->log);
    if (service->background)
        setpriority(PRIO_PROCESS, 0, BACKGROUND_NICE);
    /* The ready pipe may lie where the socket goes, but the socket never where the pipe goes: it is older. */
    int ready = inherited == SOCKET_FD ? fcntl(inherited, F_DUPFD_CLOEXEC, SOCKET_FD + 1) : inherited;
    if (service->socket_fd >= 0)
        hand_over(service->socket_fd, SOCKET_FD);
    if (ready >= 0) {
        hand_over(ready, INHERITED_FD);
        if (service->announces)
            setenv("READY_FD", "3", 1);
    }
    execvp(service->argv[0], (char *const *)service->argv);
    report_failure(service->argv[0], -errno);
    _exit(127);
}

int service_listen(struct service *service)
{
    if (service->socket == NULL || service->socket_fd >= 0)
        return 0;

    int fd = open_socket(service->socket);
    if (fd < 0)
        return fd;
    service->socket_fd = fd;
    return 0;
}

int service_start(struct service *service, int inherited)
{
    int ready[2] = { -1, inherited };
    int listening = service_listen(service);

    if (listening < 0)
        return listening;
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
