// rtnetlink(7), and include/uapi/linux/{netlink,rtnetlink,net_namespace}.h
#include "netlink.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/net_namespace.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    // Dumps come in portions of at most so much (NLMSG_GOODSIZE to 32 KiB).
    ANSWER_BYTES = 32 * 1024,
    // Of events that wait; when they are more, all is read anew.
    EVENT_BYTES = 64 * 1024,
};

struct request {
    struct nlmsghdr header;
    // ifinfomsg, ifaddrmsg or rtgenmsg, and attributes.
    char body[64];
};

static char answer[ANSWER_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));

static int open_socket(void) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    return fd < 0 ? -errno : fd;
}

static int set(int fd, int option) {
    int on = 1;
    return setsockopt(fd, SOL_NETLINK, option, &on, sizeof on) == 0 ? 0 : -errno;
}

int netlink_open(void) {
    int fd = open_socket();
    // Addresses of another namespace are given only to who asks by the rules.
    int failed = fd < 0 ? fd : set(fd, NETLINK_GET_STRICT_CHK);
    if (fd < 0 || failed == 0)
        return fd;
    close(fd);
    return failed;
}

static int join(int fd, int group) {
    return setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) == 0 ? 0 : -errno;
}

int netlink_listen(void) {
    static const int groups[] = {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_NSID};
    int fd = open_socket();
    if (fd < 0)
        return fd;
    int room = EVENT_BYTES;
    // Nothing is sent to a socket without an address.
    struct sockaddr_nl any = {.nl_family = AF_NETLINK};
    int failed = bind(fd, (struct sockaddr *)&any, sizeof any) == 0 ? set(fd, NETLINK_LISTEN_ALL_NSID) : -errno;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    for (size_t i = 0; failed == 0 && i < sizeof groups / sizeof *groups; i++)
        failed = join(fd, groups[i]);
    if (failed == 0)
        return fd;
    close(fd);
    return failed;
}

static void begin(struct request *request, uint16_t type, uint16_t flags, size_t family_bytes) {
    *request = (struct request){
        .header = {
            .nlmsg_len = NLMSG_LENGTH(family_bytes),
            .nlmsg_type = type,
            .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
        },
    };
}

static void add_s32(struct request *request, uint16_t type, int value) {
    struct rtattr *attribute = (struct rtattr *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));
    attribute->rta_type = type;
    attribute->rta_len = RTA_LENGTH(sizeof value);
    memcpy(RTA_DATA(attribute), &value, sizeof value);
    request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + RTA_ALIGN(attribute->rta_len);
}

static int ask(int fd, const struct request *request) {
    return send(fd, request, request->header.nlmsg_len, 0) < 0 ? -errno : 0;
}

static int error_of(const struct nlmsghdr *message) {
    return ((const struct nlmsgerr *)NLMSG_DATA(message))->error;
}

static int take_portion(int length, netlink_handler handle, void *context, bool *done, bool *torn) {
    for (struct nlmsghdr *message = (struct nlmsghdr *)answer; NLMSG_OK(message, (uint32_t)length);
         message = NLMSG_NEXT(message, length)) {
        *torn |= (message->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
        if (message->nlmsg_type == NLMSG_ERROR)
            return error_of(message);
        if (message->nlmsg_type == NLMSG_DONE) {
            *done = true;
            return *(int *)NLMSG_DATA(message);
        }
        handle(message, context);
    }
    return 0;
}

static int take_dump(int fd, netlink_handler handle, void *context) {
    bool done = false, torn = false;
    while (!done) {
        ssize_t length = recv(fd, answer, sizeof answer, 0);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return -errno;
        // An error is an answer's last message.
        int failed = take_portion((int)length, handle, context, &done, &torn);
        if (failed != 0)
            return failed;
    }
    return torn ? -EAGAIN : 0;
}

int netlink_dump(int fd, uint16_t type, int nsid, netlink_handler handle, void *context) {
    bool is_link = type == RTM_GETLINK;
    struct request request;
    begin(&request, type, NLM_F_DUMP, is_link ? sizeof(struct ifinfomsg) : sizeof(struct ifaddrmsg));
    if (nsid != OWN_NSID)
        add_s32(&request, is_link ? IFLA_TARGET_NETNSID : IFA_TARGET_NETNSID, nsid);
    int failed = ask(fd, &request);
    return failed != 0 ? failed : take_dump(fd, handle, context);
}

static int named_nsid(const char *message, size_t length) {
    const struct rtattr *attributes[NETNSA_FD + 1];
    size_t offset = NLMSG_SPACE(sizeof(struct rtgenmsg));
    netlink_attributes(attributes, NETNSA_FD + 1, message + offset, length > offset ? length - offset : 0);
    return attributes[NETNSA_NSID] != NULL ? (int)netlink_u32(attributes[NETNSA_NSID]) : NO_NSID;
}

// RTM_GETNSID answers with a message, RTM_NEWNSID with its acknowledgement.
static int nsid_request(int fd, uint16_t type, int namespace, int *nsid) {
    struct request request;
    begin(&request, type, type == RTM_NEWNSID ? NLM_F_ACK : 0, sizeof(struct rtgenmsg));
    // The header of this family is a byte, and attributes begin at a multiple of four.
    request.header.nlmsg_len = NLMSG_ALIGN(request.header.nlmsg_len);
    if (type == RTM_NEWNSID)
        add_s32(&request, NETNSA_NSID, NO_NSID);
    add_s32(&request, NETNSA_FD, namespace);
    int failed = ask(fd, &request);
    if (failed != 0)
        return failed;
    ssize_t length = recv(fd, answer, sizeof answer, 0);
    if (length < 0)
        return -errno;
    const struct nlmsghdr *message = (struct nlmsghdr *)answer;
    if (message->nlmsg_type == NLMSG_ERROR)
        return error_of(message);
    *nsid = named_nsid(answer, (size_t)length);
    return 0;
}

int netlink_nsid(int fd, int namespace, int *nsid) {
    int found = NO_NSID;
    int failed = nsid_request(fd, RTM_GETNSID, namespace, &found);
    if (failed == 0 && found == NO_NSID) {
        failed = nsid_request(fd, RTM_NEWNSID, namespace, &found);
        // -EEXIST: somebody was faster.
        if (failed == 0 || failed == -EEXIST)
            failed = nsid_request(fd, RTM_GETNSID, namespace, &found);
    }
    if (failed == 0 && found == NO_NSID)
        failed = -ENOENT;
    if (failed == 0)
        *nsid = found;
    return failed;
}

int netlink_hear(int fd, struct heard *heard) {
    char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(sizeof(size_t))));
    struct iovec into = {.iov_base = answer, .iov_len = sizeof answer};
    struct msghdr message = {
        .msg_iov = &into, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t length = recvmsg(fd, &message, MSG_DONTWAIT);
    if (length < 0)
        return -errno;
    const struct nlmsghdr *header = (struct nlmsghdr *)answer;
    *heard = (struct heard){.type = NLMSG_NOOP, .nsid = OWN_NSID, .named = NO_NSID};
    if ((size_t)length >= sizeof *header)
        heard->type = header->nlmsg_type;
    struct cmsghdr *part = CMSG_FIRSTHDR(&message);
    if (part != NULL && part->cmsg_level == SOL_NETLINK && part->cmsg_type == NETLINK_LISTEN_ALL_NSID)
        memcpy(&heard->nsid, CMSG_DATA(part), sizeof heard->nsid);
    if (heard->type == RTM_NEWNSID || heard->type == RTM_DELNSID)
        heard->named = named_nsid(answer, (size_t)length);
    return 0;
}

void netlink_attributes(const struct rtattr *attributes[], size_t count, const void *first, size_t length) {
    int left = (int)length;
    memset(attributes, 0, count * sizeof *attributes);
    for (const struct rtattr *at = first; RTA_OK(at, left); at = RTA_NEXT(at, left)) {
        size_t type = at->rta_type & (unsigned)NLA_TYPE_MASK;
        if (type < count)
            attributes[type] = at;
    }
}

uint32_t netlink_u32(const struct rtattr *attribute) {
    uint32_t value = 0;
    if (attribute != NULL && RTA_PAYLOAD(attribute) >= sizeof value)
        memcpy(&value, RTA_DATA(attribute), sizeof value);
    return value;
}
