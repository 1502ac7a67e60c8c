#ifndef LINKS_H
#define LINKS_H

#include <netinet/in.h>
#include <sys/types.h>

/* All return 0 or a negative errno. `netlink` is of the namespace where it happens. */

struct network {
    struct in_addr address;
    unsigned char prefix_length;
};

/* "172.17.0.2/16". -EINVAL for anything else. */
int network_parse(const char *text, struct network *network);

/* Makes the bridge, unless it is there. */
int links_add_bridge(int netlink, const char *name, const struct network *network);

/* A cable from `bridge` here to a new interface `inside` in the network namespace of `pid`. */
int links_add_cable(int netlink, const char *bridge, pid_t pid, const char *inside);

int links_add_address(int netlink, const char *name, const struct network *network);
int links_up(int netlink, const char *name);
int links_add_default_route(int netlink, struct in_addr gateway);

#endif
