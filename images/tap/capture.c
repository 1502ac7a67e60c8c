/* packet(7) */
#include "capture.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "namespace.h"
#include "pcapng.h"

/*
 * What the kernel keeps while this program does not come to read, by its own measure, which counts more than the bytes. Beyond it
 * packets are lost, and counted. A socket takes no memory and no timer while nothing passes, as a ring of TPACKET_V3 would.
 */
enum { LINKS_MAX = 64, QUEUE_BYTES = 2 * 1024 * 1024, TAG_BYTES = 4, ADDRESS_BYTES = 12 };

/* Of one link at a time, so that a flood at one does not hide the others. */
enum { TURN = 64 };

struct tap {
    /* -1: the namespace has ended. */
    int socket;
    char namespace[NAMESPACE_PATH_MAX];
    ino_t inode;
    uint64_t received;
    uint64_t dropped;
};

static struct tap taps[LINKS_MAX];

/* *opened is untouched on failure. The thread is in the link's namespace. */
static int open_link(const char *link, int *opened)
{
    const int on = 1;
    const int queue = QUEUE_BYTES;
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(ETH_P_ALL),
        .sll_ifindex = (int)if_nametoindex(link),
    };
    /* Of no protocol, so that it hears nothing before it is bound to its link. */
    int tap = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (tap < 0)
        return -1;
    if (address.sll_ifindex != 0 && setsockopt(tap, SOL_SOCKET, SO_RCVBUFFORCE, &queue, sizeof queue) == 0 &&
        setsockopt(tap, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) == 0 &&
        setsockopt(tap, SOL_PACKET, PACKET_AUXDATA, &on, sizeof on) == 0 &&
        bind(tap, (const struct sockaddr *)&address, sizeof address) == 0) {
        *opened = tap;
        return 0;
    }
    int error = errno;
    close(tap);
    errno = error;
    return -1;
}

/* "NAMESPACE/LINK": a link's name has no slash. */
static int open_tap(struct tap *tap, const char *where)
{
    int home;
    const char *slash = strrchr(where, '/');

    if (!slash || slash == where || slash[1] == '\0' || slash - where >= NAMESPACE_PATH_MAX) {
        errno = EINVAL;
        return -1;
    }
    memcpy(tap->namespace, where, (size_t)(slash - where));
    if (namespace_number(tap->namespace, &tap->inode) != 0 || namespace_enter(tap->namespace, &home) != 0)
        return -1;
    int result = open_link(slash + 1, &tap->socket);
    int error = errno;
    if (namespace_leave(home) != 0)
        return -1;
    errno = error;
    return result == 0 ? pcapng_link(slash + 1) : -1;
}

/* Its process has ended, or its file is gone: nobody else keeps it. */
static void let_go_of_ended(struct tap *tap)
{
    ino_t inode;

    if (tap->socket < 0 || (namespace_number(tap->namespace, &inode) == 0 && inode == tap->inode))
        return;
    close(tap->socket);
    tap->socket = -1;
}

/* What the card, or the kernel before us, took out of the frame goes in again. */
static uint32_t put_tag(uint8_t *bytes, uint32_t length, const struct tpacket_auxdata *told)
{
    uint16_t type = told->tp_status & TP_STATUS_VLAN_TPID_VALID ? told->tp_vlan_tpid : ETH_P_8021Q;
    uint16_t tag[2] = {htons(type), htons(told->tp_vlan_tci)};

    memmove(bytes + ADDRESS_BYTES + TAG_BYTES, bytes + ADDRESS_BYTES, length - ADDRESS_BYTES);
    memcpy(bytes + ADDRESS_BYTES, tag, TAG_BYTES);
    return length + TAG_BYTES;
}

/* 1: there may be more, 0: there are no more now. */
static int copy_packet(unsigned index)
{
    struct sockaddr_ll from;
    union {
        struct cmsghdr aligned;
        char bytes[256];
    } control;
    uint8_t *bytes = pcapng_room();
    struct iovec room = {.iov_base = bytes, .iov_len = FRAME_MAX - TAG_BYTES};
    struct msghdr message = {
        .msg_name = &from,
        .msg_namelen = sizeof from,
        .msg_iov = &room,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control,
    };
    struct timespec time = {0, 0};
    const struct tpacket_auxdata *told = NULL;

    if (!bytes)
        return -1;
    ssize_t count = recvmsg(taps[index].socket, &message, MSG_TRUNC);
    if (count < 0) {
        if (errno == EAGAIN || errno == EINTR)
            return 0;
        /* A link that goes down says so once. One that is gone has no more to say. */
        return errno == ENETDOWN || errno == ENXIO ? 0 : -1;
    }
    for (struct cmsghdr *at = CMSG_FIRSTHDR(&message); at; at = CMSG_NXTHDR(&message, at)) {
        if (at->cmsg_level == SOL_SOCKET && at->cmsg_type == SCM_TIMESTAMPNS)
            memcpy(&time, CMSG_DATA(at), sizeof time);
        else if (at->cmsg_level == SOL_PACKET && at->cmsg_type == PACKET_AUXDATA)
            told = (const struct tpacket_auxdata *)CMSG_DATA(at);
    }
    uint32_t length = (uint32_t)count;
    uint32_t kept = length < room.iov_len ? length : (uint32_t)room.iov_len;
    if (told && (told->tp_status & TP_STATUS_VLAN_VALID) && kept >= ADDRESS_BYTES) {
        kept = put_tag(bytes, kept, told);
        length += TAG_BYTES;
    }
    uint64_t ns = (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
    pcapng_packet(index, ns, from.sll_pkttype == PACKET_OUTGOING, kept, length);
    return 1;
}

static int copy_packets(unsigned index)
{
    int result = 1;

    for (unsigned turn = 0; turn < TURN && result == 1; turn++)
        result = copy_packet(index);
    return result < 0 ? -1 : 0;
}

static int tell_statistics(unsigned count)
{
    for (unsigned index = 0; index < count; index++) {
        struct tap *tap = &taps[index];
        struct tpacket_stats since;
        socklen_t size = sizeof since;
        struct timespec now;

        /* Since it was asked last. */
        if (tap->socket >= 0 && getsockopt(tap->socket, SOL_PACKET, PACKET_STATISTICS, &since, &size) == 0) {
            tap->received += since.tp_packets;
            tap->dropped += since.tp_drops;
        }
        clock_gettime(CLOCK_REALTIME, &now);
        uint64_t ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
        if (pcapng_statistics(index, ns, tap->received, tap->dropped) != 0)
            return -1;
        let_go_of_ended(tap);
    }
    return 0;
}

/* 1: go on, 0: standard input has ended. */
static int take_questions(unsigned count)
{
    char bytes[64];
    ssize_t questions = read(STDIN_FILENO, bytes, sizeof bytes);

    if (questions < 0)
        return errno == EINTR || errno == EAGAIN ? 1 : -1;
    if (questions == 0)
        return 0;
    return tell_statistics(count) == 0 ? 1 : -1;
}

int capture(char *const *links, unsigned count)
{
    struct pollfd waiting[LINKS_MAX + 1];

    if (count > LINKS_MAX) {
        fprintf(stderr, "hulltap: %u links are too many: %d at a time\n", count, LINKS_MAX);
        return -1;
    }
    if (pcapng_begin() != 0)
        return complain("standard output");
    for (unsigned index = 0; index < count; index++) {
        if (open_tap(&taps[index], links[index]) != 0)
            return complain(links[index]);
        waiting[index] = (struct pollfd){.fd = taps[index].socket, .events = POLLIN};
    }
    waiting[count] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
    /* Says that all are open. */
    if (tell_statistics(count) != 0 || pcapng_flush() != 0)
        return complain("standard output");
    for (;;) {
        if (poll(waiting, count + 1, -1) < 0) {
            if (errno == EINTR)
                continue;
            return complain("waiting");
        }
        for (unsigned index = 0; index < count; index++) {
            if (waiting[index].revents != 0 && copy_packets(index) != 0)
                return complain(links[index]);
        }
        if (waiting[count].revents != 0) {
            int result = take_questions(count);
            if (result < 0)
                return complain("standard input or output");
            if (result == 0)
                return 0;
            for (unsigned index = 0; index < count; index++)
                waiting[index].fd = taps[index].socket;
        }
        if (pcapng_flush() != 0)
            return complain("standard output");
    }
}
