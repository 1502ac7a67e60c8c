#ifndef NETLINK_H
#define NETLINK_H

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

/* One request to the kernel, built front to back. What does not fit makes netlink_request() fail with -EMSGSIZE. */
struct message {
    union {
        struct nlmsghdr header;
        char bytes[512];
    };
    size_t length;
};

/* `body` is the fixed part that the type asks for: struct ifinfomsg, ifaddrmsg, rtmsg. */
void message_begin(struct message *message, uint16_t type, uint16_t flags, const void *body, size_t length);
/* The fixed part of a nested message, as VETH_INFO_PEER has one. */
void message_append(struct message *message, const void *bytes, size_t length);
void message_attribute(struct message *message, uint16_t type, const void *value, size_t length);
void message_text(struct message *message, uint16_t type, const char *text);
void message_number(struct message *message, uint16_t type, uint32_t number);

/* Attributes between the two are inside the attribute of `type`. */
size_t message_nest(struct message *message, uint16_t type);
void message_unnest(struct message *message, size_t nest);

/* A socket for the network namespace that the process is in now. Returns it, or a negative errno. */
int netlink_open(void);

/* Sends and waits for the kernel's answer. Returns 0 or a negative errno. */
int netlink_request(int fd, struct message *message);

#endif
