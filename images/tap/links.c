/* https://docs.kernel.org/userspace-api/netlink/intro.html, RTM_GETLINK of rtnetlink(7) */
#include "links.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "namespace.h"

/* More namespaces than these are not looked at. */
enum { NAMESPACES_MAX = 256, CONTAINER_DIGITS = 64 };

/* A link may be called anything without a slash or a space. */
static void print_string(const char *text)
{
    putchar('"');
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\')
            putchar('\\');
        if (byte < 0x20 || byte >= 0x7f)
            printf("\\u%04x", byte);
        else
            putchar(byte);
    }
    putchar('"');
}

static const struct rtattr *attribute(const void *start, int length, unsigned short type)
{
    for (const struct rtattr *at = start; RTA_OK(at, length); at = RTA_NEXT(at, length))
        if ((at->rta_type & NLA_TYPE_MASK) == type)
            return at;
    return NULL;
}

static const char *kind_of(const struct ifinfomsg *info, int length)
{
    const struct rtattr *link;
    const struct rtattr *kind;

    if (info->ifi_type == ARPHRD_LOOPBACK)
        return "loopback";
    link = attribute(IFLA_RTA(info), length, IFLA_LINKINFO);
    kind = link ? attribute(RTA_DATA(link), (int)RTA_PAYLOAD(link), IFLA_INFO_KIND) : NULL;
    return kind ? RTA_DATA(kind) : "";
}

static void print_link(const struct nlmsghdr *message, unsigned pid, const char *container)
{
    const struct ifinfomsg *info = NLMSG_DATA(message);
    int length = (int)IFLA_PAYLOAD(message);
    const struct rtattr *name = attribute(IFLA_RTA(info), length, IFLA_IFNAME);

    /* What is down carries nothing, and what has no Ethernet header is not for us. */
    if (!name || !(info->ifi_flags & IFF_UP) || (info->ifi_type != ARPHRD_ETHER && info->ifi_type != ARPHRD_LOOPBACK))
        return;
    printf("{\"pid\":%u,\"container\":\"%s\",\"link\":", pid, container);
    print_string(RTA_DATA(name));
    fputs(",\"kind\":", stdout);
    print_string(kind_of(info, length));
    puts("}");
}

/* All links of the namespace that this thread is in. */
static int print_links(unsigned pid, const char *container)
{
    struct {
        struct nlmsghdr header;
        struct ifinfomsg info;
    } request = {
        .header = {
            .nlmsg_len = sizeof request,
            .nlmsg_type = RTM_GETLINK,
            .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
        },
    };
    static _Alignas(struct nlmsghdr) char answer[32 * 1024];
    int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    int result = -1;

    if (netlink < 0)
        return -1;
    if (send(netlink, &request, sizeof request, 0) < 0)
        goto out;
    for (;;) {
        ssize_t count = recv(netlink, answer, sizeof answer, 0);
        if (count <= 0)
            goto out;
        int length = (int)count;
        for (struct nlmsghdr *at = (struct nlmsghdr *)answer; NLMSG_OK(at, length); at = NLMSG_NEXT(at, length)) {
            if (at->nlmsg_type == NLMSG_DONE) {
                result = 0;
                goto out;
            }
            if (at->nlmsg_type == NLMSG_ERROR)
                goto out;
            if (at->nlmsg_type == RTM_NEWLINK)
                print_link(at, pid, container);
        }
    }
out:
    close(netlink);
    return result;
}

/* The first 64 hexadecimal digits in a row of the process's cgroup; "" without any. */
static void container_of(unsigned pid, char id[CONTAINER_DIGITS + 1])
{
    char path[64];
    char line[512] = "";
    unsigned digits = 0;

    id[0] = '\0';
    snprintf(path, sizeof path, "/proc/%u/cgroup", pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    if (!fgets(line, sizeof line, file))
        line[0] = '\0';
    fclose(file);
    for (const char *at = line; *at; at++) {
        digits = isxdigit((unsigned char)*at) ? digits + 1 : 0;
        if (digits == CONTAINER_DIGITS) {
            memcpy(id, at + 1 - CONTAINER_DIGITS, CONTAINER_DIGITS);
            id[CONTAINER_DIGITS] = '\0';
            return;
        }
    }
}

static int namespace_of(const char *pid, ino_t *inode)
{
    char path[300];
    struct stat status;

    snprintf(path, sizeof path, "/proc/%s/ns/net", pid);
    if (stat(path, &status) != 0)
        return -1;
    *inode = status.st_ino;
    return 0;
}

int list_links(void)
{
    ino_t seen[NAMESPACES_MAX];
    unsigned count = 0;
    ino_t own;
    struct dirent *entry;
    DIR *processes = opendir("/proc");

    if (!processes || namespace_of("self", &own) != 0)
        return complain("/proc");
    while (count < NAMESPACES_MAX && (entry = readdir(processes)) != NULL) {
        ino_t inode;
        int home;
        unsigned known = 0;
        char container[CONTAINER_DIGITS + 1];

        if (!isdigit((unsigned char)entry->d_name[0]) || namespace_of(entry->d_name, &inode) != 0)
            continue;
        while (known < count && seen[known] != inode)
            known++;
        if (known < count)
            continue;
        unsigned pid = (unsigned)strtoul(entry->d_name, NULL, 10);
        container_of(pid, container);
        if (inode == own)
            container[0] = '\0';
        /* A process that has ended meanwhile. Its namespace may have others. */
        if (namespace_enter(pid, &home) != 0)
            continue;
        seen[count++] = inode;
        if (print_links(pid, container) != 0)
            complain("the links of a namespace");
        if (namespace_leave(home) != 0)
            return complain("the way back");
    }
    closedir(processes);
    return fflush(stdout) == 0 ? 0 : complain("standard output");
}
