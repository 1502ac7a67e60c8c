#pragma once
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The kernel's name for no number, and ours for our own namespace: requests then name none.
enum { NO_NSID = -1, OWN_NSID = -2 };

// Functions that can fail return 0, or -errno and have changed nothing.

// A socket for requests.
int netlink_open(void);
// A socket that hears of every change of links and addresses in this namespace and in all that have a number here.
// It holds none of them.
int netlink_listen(void);

typedef void (*netlink_handler)(const struct nlmsghdr *message, void *context);

// RTM_GETLINK or RTM_GETADDR, all of a namespace. -EAGAIN: it changed in the meantime.
int netlink_dump(int socket, uint16_t type, int nsid, netlink_handler handle, void *context);
// The number that a namespace has in this one; it gets one if it has none. `fd` is its file.
int netlink_nsid(int socket, int fd, int *nsid);

struct heard {
    uint16_t type;
    // Of the namespace where it happened; OWN_NSID, or our own one's number if it has one.
    int nsid;
    // RTM_NEWNSID and RTM_DELNSID: the number that was given or taken there.
    int named;
};

// Takes one message of the listening socket. -EAGAIN: there is none; -ENOBUFS: some were lost.
int netlink_hear(int socket, struct heard *heard);

// The attributes of a message or of an attribute, by their number; those from `count` on are left out.
void netlink_attributes(const struct rtattr *attributes[], size_t count, const void *first, size_t length);
uint32_t netlink_u32(const struct rtattr *attribute);
