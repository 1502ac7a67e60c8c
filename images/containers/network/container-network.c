/*
 * A createRuntime hook: connects a container's network namespace to a bridge, as Docker's default network does.
 * usage: container-network ADDRESS/PREFIX, with the container's state on standard input
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "links.h"
#include "netlink.h"
#include "state.h"

static const char bridge[] = "docker0";
/* The host's address on the bridge, and with it the containers' gateway. */
static const char gateway[] = "172.17.0.1/16";

static int fail(const char *what, int error)
{
    fprintf(stderr, "container-network: %s: %s\n", what, strerror(-error));
    return 1;
}

/* Returns the length read, or a negative errno. */
static ssize_t read_all(int fd, char *text, size_t size)
{
    size_t length = 0;
    ssize_t count;

    while ((count = read(fd, text + length, size - 1 - length)) > 0)
        length += (size_t)count;
    if (count < 0)
        return -errno;
    if (length == size - 1)
        return -EMSGSIZE;
    text[length] = '\0';
    return (ssize_t)length;
}

static int enter_network_of(pid_t pid)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/ns/net", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int error = setns(fd, CLONE_NEWNET) != 0 ? -errno : 0;
    close(fd);
    return error;
}

static int set_up_outside(pid_t pid, const struct network *host)
{
    int netlink = netlink_open();

    if (netlink < 0)
        return netlink;
    int error = links_add_bridge(netlink, bridge, host);
    if (error == 0)
        error = links_add_cable(netlink, bridge, pid, "eth0");
    close(netlink);
    return error;
}

static int set_up_inside(const struct network *container, struct in_addr host)
{
    int netlink = netlink_open();

    if (netlink < 0)
        return netlink;
    int error = links_up(netlink, "lo");
    if (error == 0)
        error = links_add_address(netlink, "eth0", container);
    if (error == 0)
        error = links_up(netlink, "eth0");
    if (error == 0)
        error = links_add_default_route(netlink, host);
    close(netlink);
    return error;
}

int main(int count, char **arguments)
{
    /* A state has a few fields and the annotations; those of our bundles are far smaller. */
    static char state[65536];
    struct network container, host;

    if (count != 2 || network_parse(arguments[1], &container) != 0 || network_parse(gateway, &host) != 0) {
        fputs("usage: container-network ADDRESS/PREFIX, for example 172.17.0.2/16\n", stderr);
        return 2;
    }
    ssize_t length = read_all(STDIN_FILENO, state, sizeof state);
    if (length < 0)
        return fail("the container's state on standard input", (int)length);
    pid_t pid = state_pid(state);
    if (pid < 0)
        return fail("the container's state names no pid", pid);

    int error = set_up_outside(pid, &host);
    if (error != 0)
        return fail(bridge, error);
    if ((error = enter_network_of(pid)) != 0)
        return fail("the container's network namespace", error);
    if ((error = set_up_inside(&container, host.address)) != 0)
        return fail("eth0 in the container", error);
    return 0;
}
