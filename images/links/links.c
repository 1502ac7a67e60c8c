// include/uapi/linux/{if_link,if_addr}.h
#include "links.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "netlink.h"

enum { LINKS_MAX = 256, ADDRESSES_MAX = 256, ADDRESS_BYTES = 64, KIND_BYTES = 16, MODE_BYTES = 16 };

struct link {
    int index, master, lower, vlan;
    // Where `lower` is; OWN_NSID: in the link's own namespace.
    int lower_nsid;
    long vni;
    uint32_t mtu;
    bool is_up, has_carrier;
    char name[IFNAMSIZ], kind[KIND_BYTES], mode[MODE_BYTES], mac[3 * 8];
    struct rtnl_link_stats64 stats;
};

struct address {
    int index;
    char text[ADDRESS_BYTES];
};

static struct link links[LINKS_MAX];
static int link_count, links_left_out;
static struct address addresses[ADDRESSES_MAX];
static int address_count;

static void copy_string(char *to, size_t room, const struct rtattr *attribute) {
    to[0] = '\0';
    if (attribute == NULL)
        return;
    size_t length = strnlen(RTA_DATA(attribute), RTA_PAYLOAD(attribute));
    if (length >= room)
        length = room - 1;
    memcpy(to, RTA_DATA(attribute), length);
    to[length] = '\0';
}

static void write_mac(struct link *link, const struct rtattr *attribute) {
    const uint8_t *bytes = attribute != NULL ? RTA_DATA(attribute) : NULL;
    link->mac[0] = '\0';
    if (attribute == NULL || RTA_PAYLOAD(attribute) != 6)
        return;
    for (int i = 0; i < 6; i++)
        snprintf(link->mac + 3 * i, sizeof link->mac - (size_t)(3 * i), i == 5 ? "%02x" : "%02x:", bytes[i]);
}

static const char *macvlan_mode(uint32_t mode) {
    switch (mode) {
    case MACVLAN_MODE_PRIVATE:
        return "private";
    case MACVLAN_MODE_VEPA:
        return "vepa";
    case MACVLAN_MODE_BRIDGE:
        return "bridge";
    case MACVLAN_MODE_PASSTHRU:
        return "passthru";
    default:
        return "";
    }
}

static const char *ipvlan_mode(uint32_t mode) { return mode == IPVLAN_MODE_L2 ? "l2" : mode == IPVLAN_MODE_L3 ? "l3" : "l3s"; }

// What only links of a kind have.
static void take_data(struct link *link, const struct rtattr *data) {
    enum { COUNT = IFLA_VXLAN_PORT + 1 };
    const struct rtattr *parts[COUNT];
    netlink_attributes(parts, COUNT, RTA_DATA(data), RTA_PAYLOAD(data));
    if (strcmp(link->kind, "vlan") == 0 && parts[IFLA_VLAN_ID] != NULL) {
        uint16_t id;
        memcpy(&id, RTA_DATA(parts[IFLA_VLAN_ID]), sizeof id);
        link->vlan = id;
    } else if (strcmp(link->kind, "vxlan") == 0 && parts[IFLA_VXLAN_ID] != NULL) {
        link->vni = (long)netlink_u32(parts[IFLA_VXLAN_ID]);
    } else if (strcmp(link->kind, "macvlan") == 0 && parts[IFLA_MACVLAN_MODE] != NULL) {
        strcpy(link->mode, macvlan_mode(netlink_u32(parts[IFLA_MACVLAN_MODE])));
    } else if (strcmp(link->kind, "ipvlan") == 0 && parts[IFLA_IPVLAN_MODE] != NULL) {
        uint16_t mode;
        memcpy(&mode, RTA_DATA(parts[IFLA_IPVLAN_MODE]), sizeof mode);
        strcpy(link->mode, ipvlan_mode(mode));
    }
}

static void take_kind(struct link *link, const struct rtattr *info) {
    const struct rtattr *parts[IFLA_INFO_MAX + 1];
    link->kind[0] = link->mode[0] = '\0';
    link->vlan = 0;
    link->vni = -1;
    if (info == NULL)
        return;
    netlink_attributes(parts, IFLA_INFO_MAX + 1, RTA_DATA(info), RTA_PAYLOAD(info));
    copy_string(link->kind, sizeof link->kind, parts[IFLA_INFO_KIND]);
    if (parts[IFLA_INFO_DATA] != NULL)
        take_data(link, parts[IFLA_INFO_DATA]);
}

static void take_link(const struct nlmsghdr *message, void *context) {
    enum { COUNT = IFLA_LINK_NETNSID + 1 };
    const struct rtattr *parts[COUNT];
    const struct ifinfomsg *about = NLMSG_DATA(message);
    (void)context;
    if (message->nlmsg_type != RTM_NEWLINK)
        return;
    if (link_count == LINKS_MAX) {
        links_left_out++;
        return;
    }
    netlink_attributes(parts, COUNT, IFLA_RTA(about), IFLA_PAYLOAD(message));
    struct link *link = &links[link_count++];
    link->index = about->ifi_index;
    link->is_up = (about->ifi_flags & IFF_UP) != 0;
    link->has_carrier = parts[IFLA_CARRIER] != NULL && *(uint8_t *)RTA_DATA(parts[IFLA_CARRIER]) != 0;
    link->mtu = netlink_u32(parts[IFLA_MTU]);
    link->master = (int)netlink_u32(parts[IFLA_MASTER]);
    link->lower = (int)netlink_u32(parts[IFLA_LINK]);
    link->lower_nsid = parts[IFLA_LINK_NETNSID] != NULL ? (int)netlink_u32(parts[IFLA_LINK_NETNSID]) : OWN_NSID;
    copy_string(link->name, sizeof link->name, parts[IFLA_IFNAME]);
    write_mac(link, parts[IFLA_ADDRESS]);
    take_kind(link, parts[IFLA_LINKINFO]);
    link->stats = (struct rtnl_link_stats64){0};
    if (parts[IFLA_STATS64] != NULL) {
        size_t length = RTA_PAYLOAD(parts[IFLA_STATS64]);
        memcpy(&link->stats, RTA_DATA(parts[IFLA_STATS64]), length < sizeof link->stats ? length : sizeof link->stats);
    }
}

static void take_address(const struct nlmsghdr *message, void *context) {
    const struct rtattr *parts[IFA_MAX + 1];
    const struct ifaddrmsg *about = NLMSG_DATA(message);
    char text[INET6_ADDRSTRLEN];
    (void)context;
    if (message->nlmsg_type != RTM_NEWADDR || address_count == ADDRESSES_MAX)
        return;
    netlink_attributes(parts, IFA_MAX + 1, IFA_RTA(about), IFA_PAYLOAD(message));
    // Of a link between two, IFA_ADDRESS is the other's.
    const struct rtattr *own = parts[IFA_LOCAL] != NULL ? parts[IFA_LOCAL] : parts[IFA_ADDRESS];
    size_t bytes = about->ifa_family == AF_INET ? 4 : 16;
    if (own == NULL || RTA_PAYLOAD(own) < bytes || inet_ntop(about->ifa_family, RTA_DATA(own), text, sizeof text) == NULL)
        return;
    struct address *address = &addresses[address_count++];
    address->index = (int)about->ifa_index;
    snprintf(address->text, sizeof address->text, "%s/%u", text, about->ifa_prefixlen);
}

static void add_field(struct text *line, const char *name, uint64_t number) {
    text_add(line, ",\"");
    text_add(line, name);
    text_add(line, "\":");
    text_number(line, number);
}

static void add_flag(struct text *line, const char *name, bool is_so) {
    text_add(line, ",\"");
    text_add(line, name);
    text_add(line, is_so ? "\":true" : "\":false");
}

static void add_word(struct text *line, const char *name, const char *word) {
    text_add(line, ",\"");
    text_add(line, name);
    text_add(line, "\":");
    text_string(line, word);
}

static void add_addresses(struct text *line, int index) {
    const char *before = "";
    text_add(line, ",\"addresses\":[");
    for (int i = 0; i < address_count; i++) {
        if (addresses[i].index != index)
            continue;
        text_add(line, before);
        text_string(line, addresses[i].text);
        before = ",";
    }
    text_add(line, "]");
}

static void add_lower(struct text *line, const struct namespace *namespace, const struct link *link) {
    const struct namespace *there = link->lower_nsid == OWN_NSID ? namespace : namespaces_find(link->lower_nsid);
    text_add(line, ",\"lower\":{\"index\":");
    text_number(line, (uint64_t)link->lower);
    // A namespace that nothing else is known of has no number to be called by.
    if (there != NULL)
        add_field(line, "namespace", there->inode);
    text_add(line, "}");
}

static void add_link(struct text *line, const struct namespace *namespace, const struct link *link) {
    text_add(line, "{\"index\":");
    text_number(line, (uint64_t)link->index);
    add_word(line, "name", link->name);
    add_word(line, "kind", link->kind);
    if (link->mode[0] != '\0')
        add_word(line, "mode", link->mode);
    if (link->mac[0] != '\0')
        add_word(line, "mac", link->mac);
    add_addresses(line, link->index);
    add_field(line, "mtu", link->mtu);
    add_flag(line, "up", link->is_up);
    add_flag(line, "carrier", link->has_carrier);
    if (link->master > 0)
        add_field(line, "master", (uint64_t)link->master);
    // A link that stands on nothing names itself; a VXLAN link that may leave by any names 0.
    if (link->lower > 0 && !(link->lower == link->index && link->lower_nsid == OWN_NSID))
        add_lower(line, namespace, link);
    if (link->vlan > 0)
        add_field(line, "vlan", (uint64_t)link->vlan);
    if (link->vni >= 0)
        add_field(line, "vni", (uint64_t)link->vni);
    text_add(line, "}");
}

static bool forwards(void) {
    char value = '0';
    int fd = open("/proc/sys/net/ipv4/ip_forward", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t length = read(fd, &value, 1);
    close(fd);
    return length == 1 && value == '1';
}

static void begin_line(struct text *line, const char *type, const struct namespace *namespace) {
    text_clear(line);
    text_add(line, "{\"type\":\"");
    text_add(line, type);
    text_add(line, "\",\"namespace\":");
    text_number(line, namespace->inode);
}

static void write_line(struct text *line, const struct namespace *namespace) {
    begin_line(line, "namespace", namespace);
    if (namespace->nsid == OWN_NSID)
        add_flag(line, "forwards", forwards());
    add_flag(line, "own", namespace->nsid == OWN_NSID);
    if (namespace->process != 0)
        add_field(line, "process", (uint64_t)namespace->process);
    text_add(line, ",\"names\":[");
    for (int i = 0; i < namespace->name_count; i++) {
        text_add(line, i > 0 ? "," : "");
        text_string(line, namespace->names[i]);
    }
    text_add(line, "],\"containers\":[");
    for (int i = 0; i < namespace->container_count; i++) {
        text_add(line, i > 0 ? "," : "");
        text_string(line, namespace->containers[i]);
    }
    text_add(line, "],\"links\":[");
    for (int i = 0; i < link_count; i++) {
        text_add(line, i > 0 ? "," : "");
        add_link(line, namespace, &links[i]);
    }
    text_add(line, "]");
    if (links_left_out > 0)
        add_field(line, "leftOut", (uint64_t)links_left_out);
    text_add(line, "}\n");
}

static void write_counters(struct text *line, const struct namespace *namespace) {
    begin_line(line, "counters", namespace);
    text_add(line, ",\"links\":[");
    for (int i = 0; i < link_count; i++) {
        const struct rtnl_link_stats64 *stats = &links[i].stats;
        const uint64_t numbers[] = {(uint64_t)links[i].index, stats->rx_packets, stats->rx_bytes,
                                    stats->tx_packets,        stats->tx_bytes,   stats->rx_dropped + stats->tx_dropped};
        text_add(line, i > 0 ? ",[" : "[");
        for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++) {
            text_add(line, n > 0 ? "," : "");
            text_number(line, numbers[n]);
        }
        text_add(line, "]");
    }
    text_add(line, "]}\n");
}

static int read_links(int netlink, const struct namespace *namespace) {
    link_count = 0;
    links_left_out = 0;
    return netlink_dump(netlink, RTM_GETLINK, namespace->nsid, take_link, NULL);
}

int links_count(int netlink, const struct namespace *namespace, struct text *counters) {
    int failed = read_links(netlink, namespace);
    if (failed != 0)
        return failed;
    write_counters(counters, namespace);
    return counters->spoilt ? -EFBIG : 0;
}

int links_describe(int netlink, const struct namespace *namespace, struct text *line, struct text *counters) {
    int failed = read_links(netlink, namespace);
    if (failed != 0)
        return failed;
    address_count = 0;
    failed = netlink_dump(netlink, RTM_GETADDR, namespace->nsid, take_address, NULL);
    if (failed != 0)
        return failed;
    write_line(line, namespace);
    write_counters(counters, namespace);
    return line->spoilt || counters->spoilt ? -EFBIG : 0;
}
