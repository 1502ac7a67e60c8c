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
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "namespace.h"

/* More namespaces than these are not looked at. */
enum { NAMESPACES_MAX = 256, CONTAINER_DIGITS = 64 };

/* Where the engine binds namespaces to files. */
#define BOUND_FOLDER "/run/docker/netns"

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

static void print_link(const struct nlmsghdr *message, const char *namespace, const char *container)
{
    const struct ifinfomsg *info = NLMSG_DATA(message);
    int length = (int)IFLA_PAYLOAD(message);
    const struct rtattr *name = attribute(IFLA_RTA(info), length, IFLA_IFNAME);

    /* What is down carries nothing, and what has no Ethernet header is not for us. */
    if (!name || !(info->ifi_flags & IFF_UP) || (info->ifi_type != ARPHRD_ETHER && info->ifi_type != ARPHRD_LOOPBACK))
        return;
    fputs("{\"namespace\":", stdout);
    print_string(namespace);
    printf(",\"container\":\"%s\",\"link\":", container);
    print_string(RTA_DATA(name));
    fputs(",\"kind\":", stdout);
    print_string(kind_of(info, length));
    puts("}");
}

/* All links of the namespace that this thread is in. */
static int print_links(const char *namespace, const char *container)
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
                print_link(at, namespace, container);
        }
    }
out:
    close(netlink);
    return result;
}

/* The first 64 hexadecimal digits in a row of the process's cgroup; "" without any. */
static void container_of(const char *pid, char id[CONTAINER_DIGITS + 1])
{
    char path[NAMESPACE_PATH_MAX];
    char line[512] = "";
    unsigned digits = 0;

    id[0] = '\0';
    snprintf(path, sizeof path, "/proc/%s/cgroup", pid);
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

static ino_t seen[NAMESPACES_MAX];
static unsigned seen_count;

static int is_seen(ino_t inode)
{
    for (unsigned at = 0; at < seen_count; at++)
        if (seen[at] == inode)
            return 1;
    return 0;
}

/* -1 when there is no way back; what cannot be entered has ended meanwhile, and may be met again under another name. */
static int list_namespace(const char *path, ino_t inode, const char *container)
{
    int home;

    if (namespace_enter(path, &home) != 0)
        return 0;
    seen[seen_count++] = inode;
    if (print_links(path, container) != 0)
        complain("the links of a namespace");
    return namespace_leave(home) == 0 ? 0 : complain("the way back");
}

static int list_processes(ino_t own)
{
    struct dirent *entry;
    int result = 0;
    DIR *processes = opendir("/proc");

    if (!processes)
        return complain("/proc");
    while (result == 0 && seen_count < NAMESPACES_MAX && (entry = readdir(processes)) != NULL) {
        char path[NAMESPACE_PATH_MAX];
        char container[CONTAINER_DIGITS + 1];
        ino_t inode;

        snprintf(path, sizeof path, "/proc/%s/ns/net", entry->d_name);
        if (!isdigit((unsigned char)entry->d_name[0]) || namespace_number(path, &inode) != 0 || is_seen(inode))
            continue;
        container_of(entry->d_name, container);
        if (inode == own)
            container[0] = '\0';
        result = list_namespace(path, inode, container);
    }
    closedir(processes);
    return result;
}

/* Namespaces that nobody is in. Without an engine there is no such folder. */
static int list_bound(void)
{
    struct dirent *entry;
    int result = 0;
    DIR *files = opendir(BOUND_FOLDER);

    if (!files)
        return 0;
    while (result == 0 && seen_count < NAMESPACES_MAX && (entry = readdir(files)) != NULL) {
        char path[NAMESPACE_PATH_MAX];
        ino_t inode;

        snprintf(path, sizeof path, BOUND_FOLDER "/%s", entry->d_name);
        if (entry->d_name[0] != '.' && namespace_number(path, &inode) == 0 && !is_seen(inode))
            result = list_namespace(path, inode, "");
    }
    closedir(files);
    return result;
}

int list_links(void)
{
    ino_t own;

    if (namespace_number("/proc/self/ns/net", &own) != 0)
        return complain("/proc/self/ns/net");
    if (list_processes(own) != 0 || list_bound() != 0)
        return -1;
    return fflush(stdout) == 0 ? 0 : complain("standard output");
}
