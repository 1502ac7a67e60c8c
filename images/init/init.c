/* PID 1: makes the machine usable, keeps the programs of its profile running, and reaps. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "descriptor.h"
#include "mounts.h"
#include "network.h"
#include "report.h"
#include "service.h"
#include "settings.h"
#include "shutdown.h"

/* syslog(2): the action that sets what is printed on the console, and the level. */
enum { CONSOLE_LEVEL = 8, ERRORS_AND_WORSE = 4 };

/* The agent, and at most two of a profile. */
enum { SERVICES = 3 };

static struct settings settings;

#define COMMAND(...) (const char *const[]){ __VA_ARGS__, NULL }

/* The agent comes first: whoever watches the machine can talk to it before the rest is up. */
static struct service agent = {
    .name = "agent",
    .argv = COMMAND("/usr/lib/twinhull/agent", settings.profile),
};

static const struct profile {
    const char *name;
    struct service services[SERVICES - 1];
} profiles[] = {
    { "host",
      { { .name = "shell", .argv = COMMAND("sh"), .terminal = "/dev/hvc0" },
        { .name = "engine",
          .argv = COMMAND("hulld", "-H", "fd://4"),
          .announces = true,
          .socket = "/run/docker.sock",
          .log = "/var/log/hulld.log",
          .background = true } } },
    { "web", { { .name = "web", .argv = COMMAND("hullweb"), .announces = true } } },
};

static struct service *services[SERVICES] = { &agent };

/* Services in the background wait until the shell is at its prompt. */
static bool background_starts;

/* Our end of the agent's socket: each datagram is an event's JSON (PROTOCOL.md). */
static int events_fd = -1;

static void set_up_network(void)
{
    int error = network_link("lo", true);

    if (error != 0)
        report_failure("lo", error);
    if (settings.address[0] != '\0' && (error = network_address("eth0", settings.address)) != 0)
        report_failure("eth0", error);
    if (settings.gateway[0] != '\0' && (error = network_gateway(settings.gateway)) != 0)
        report_failure("gateway", error);
}

static void set_up_environment(void)
{
    setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/share/twinhull/tools/bin", 1);
    setenv("HOME", "/root", 1);
    setenv("TERM", "xterm-256color", 1);
    setenv("PS1", "\\h:\\w\\$ ", 1);
}

/* The kernel gave us /dev/console, if the initramfs had one; the devtmpfs has one for certain. */
static void set_up_streams(void)
{
    int fd = open("/dev/console", O_RDWR | O_NOCTTY);

    if (fd < 0)
        return;
    for (int standard = 0; standard <= 2; standard++)
        if (fd != standard)
            dup2(fd, standard);
    if (fd > 2)
        close(fd);
}

static void tell_agent(const char *event)
{
    /* Bounded by the socket's buffer. An agent that is down learns what is ready when it starts. */
    if (events_fd >= 0)
        send(events_fd, event, strlen(event), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void tell_ready(const struct service *service)
{
    char event[128];

    snprintf(event, sizeof event, "{\"type\":\"service-ready\",\"name\":\"%s\"}", service->name);
    tell_agent(event);
}

static void tell_died(const struct service *service, pid_t pid, int status)
{
    char ended[48], event[192];

    if (WIFSIGNALED(status))
        snprintf(ended, sizeof ended, "{\"type\":\"signaled\",\"signal\":%d}", WTERMSIG(status));
    else
        snprintf(ended, sizeof ended, "{\"type\":\"exited\",\"code\":%d}", WEXITSTATUS(status));
    snprintf(event, sizeof event, "{\"type\":\"process-died\",\"pid\":%d,\"status\":%s,\"name\":\"%s\"}", pid, ended,
             service->name);
    tell_agent(event);
    report("service %s died: %s", service->name, ended);
}

static void start_agent(void)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return report_failure("agent's socket", -errno);
    descriptor_close(&events_fd);
    events_fd = pair[0];
    report("starting agent");
    int error = service_start(&agent, pair[1]);
    close(pair[1]);
    if (error != 0)
        report_failure("agent", error);
    for (int i = 1; i < SERVICES; i++)
        if (services[i] != NULL && services[i]->ready)
            tell_ready(services[i]);
}

static void start(struct service *service)
{
    if (service == &agent)
        return start_agent();
    int error = service_start(service, -1);
    if (error != 0)
        report_failure(service->name, error);
}

static void reap(void)
{
    pid_t pid;
    int status;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (int i = 0; i < SERVICES; i++)
            if (services[i] != NULL && services[i]->pid == pid) {
                service_died(services[i]);
                tell_died(services[i], pid, status);
            }
}

static void take_signals(int fd)
{
    struct signalfd_siginfo info;

    while (read(fd, &info, sizeof info) == sizeof info) {
        int command = shutdown_command((int)info.ssi_signo);
        if (command != 0)
            shutdown_machine(command);
    }
    reap();
}

/* Returns how long poll(2) may sleep: until the next start that is due, or for ever (-1). */
static int start_due(void)
{
    int64_t now = monotonic_ms(), soonest = -1;

    for (int i = 0; i < SERVICES; i++) {
        struct service *service = services[i];
        if (service == NULL || service->pid > 0 || (service->background && !background_starts))
            continue;
        if (service->restart_ms <= now)
            start(service);
        if (service->pid <= 0 && (soonest < 0 || service->restart_ms - now < soonest))
            soonest = service->restart_ms > now ? service->restart_ms - now : 0;
    }
    return (int)soonest;
}

static void take_readiness(struct service *service)
{
    char byte;

    if (read(service->ready_fd, &byte, 1) == 1) {
        service->ready = true;
        report("service %s ready", service->name);
        tell_ready(service);
    }
    descriptor_close(&service->ready_fd);
}

/* How long the shell takes to its prompt. */
enum { SETTLE_MS = 50 };

/* Before the agent, so that who can talk to it finds the sockets: clients wait there for a service that starts later. */
static void listen_for_all(void)
{
    for (int i = 0; i < SERVICES; i++) {
        int error = services[i] == NULL ? 0 : service_listen(services[i]);
        if (error != 0)
            report_failure(services[i]->name, error);
    }
}

static _Noreturn void supervise(int signals)
{
    listen_for_all();
    start_due();
    poll(NULL, 0, SETTLE_MS);
    background_starts = true;
    /* The learner's console from now on: the kernel's errors are shown there, its news about bridges are not. */
    klogctl(CONSOLE_LEVEL, NULL, ERRORS_AND_WORSE);
    for (;;) {
        int timeout = start_due();
        struct pollfd polled[1 + SERVICES] = { { .fd = signals, .events = POLLIN } };
        for (int i = 0; i < SERVICES; i++)
            polled[1 + i] = (struct pollfd){ .fd = services[i] != NULL ? services[i]->ready_fd : -1, .events = POLLIN };
        if (poll(polled, 1 + SERVICES, timeout) <= 0)
            continue;
        for (int i = 0; i < SERVICES; i++)
            if (polled[1 + i].revents != 0)
                take_readiness(services[i]);
        if (polled[0].revents != 0)
            take_signals(signals);
    }
}

static int open_signals(void)
{
    static const int watched[] = { SIGCHLD, SIGTERM, SIGINT, SIGUSR1, SIGUSR2 };
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof watched / sizeof watched[0]; i++)
        sigaddset(&set, watched[i]);
    sigprocmask(SIG_SETMASK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int main(void)
{
    static struct service own[SERVICES - 1];

    if (getpid() != 1) {
        fputs("init: is PID 1 of a machine and does nothing else\n", stderr);
        return 1;
    }
    report("init");
    int error = mounts_raise_root();
    if (error != 0)
        report_failure("root", error);
    mounts_all();
    set_up_streams();
    /* Before the agent, whose first command may be one of the share's. Nothing is fetched for it. */
    error = mounts_share();
    if (error != 0)
        report_failure("share", error);
    settings_load(&settings);
    sethostname(settings.hostname, strlen(settings.hostname));
    set_up_network();
    set_up_environment();

    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++)
        if (strcmp(profiles[i].name, settings.profile) == 0)
            for (int j = 0; j < SERVICES - 1 && profiles[i].services[j].name != NULL; j++) {
                own[j] = profiles[i].services[j];
                services[1 + j] = &own[j];
            }
    if (services[1] == NULL)
        report("no profile %s: only the agent runs", settings.profile);
    for (int i = 0; i < SERVICES; i++)
        if (services[i] != NULL)
            services[i]->ready_fd = services[i]->socket_fd = -1;
    supervise(open_signals());
}
