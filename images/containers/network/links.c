#include "links.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netlink.h"

int network_parse(const char *text, struct network *network)
{
    char address[INET_ADDRSTRLEN];
    const char *slash = strchr(text, '/');
    char *end;

    if (slash == NULL || (size_t)(slash - text) >= sizeof address)
        return -EINVAL;
    memcpy(address, text, (size_t)(slash - text));
    address[slash - text] = '\0';
    long length = strtol(slash + 1, &end, 10);
    struct network parsed = { .prefix_length = (unsigned char)length };
    if (end == slash + 1 || *end != '\0' || length < 1 || length > 32 ||
        inet_pton(AF_INET, address, &parsed.address) != 1)
        return -EINVAL;
    *network = parsed;
    return 0;
}

static void begin_new_link(struct message *message, unsigned int flags)
{
    struct ifinfomsg link = { .ifi_family = AF_UNSPEC, .ifi_flags = flags, .ifi_change = flags };

    message_begin(message, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &link, sizeof link);
}

int links_add_bridge(int netlink, const char *name, const struct network *network)
{
    struct message message;

    begin_new_link(&message, IFF_UP);
    message_text(&message, IFLA_IFNAME, name);
    size_t info = message_nest(&message, IFLA_LINKINFO);
    message_text(&message, IFLA_INFO_KIND, "bridge");
    message_unnest(&message, info);

    int error = netlink_request(netlink, &message);
    if (error == -EEXIST)
        return 0;
    return error != 0 ? error : links_add_address(netlink, name, network);
}

int links_add_cable(int netlink, const char *bridge, pid_t pid, const char *inside)
{
    struct ifinfomsg peer = { .ifi_family = AF_UNSPEC };
    struct message message;
    char outside[IFNAMSIZ];

    snprintf(outside, sizeof outside, "veth%d", pid);
    begin_new_link(&message, IFF_UP);
    message_text(&message, IFLA_IFNAME, outside);
    message_number(&message, IFLA_MASTER, if_nametoindex(bridge));
    size_t info = message_nest(&message, IFLA_LINKINFO);
    message_text(&message, IFLA_INFO_KIND, "veth");
    size_t data = message_nest(&message, IFLA_INFO_DATA);
    size_t other_end = message_nest(&message, VETH_INFO_PEER);
    message_append(&message, &peer, sizeof peer);
    message_text(&message, IFLA_IFNAME, inside);
    message_number(&message, IFLA_NET_NS_PID, (uint32_t)pid);
    message_unnest(&message, other_end);
    message_unnest(&message, data);
    message_unnest(&message, info);
    return netlink_request(netlink, &message);
}

int links_add_address(int netlink, const char *name, const struct network *network)
{
    struct ifaddrmsg address = {
        .ifa_family = AF_INET,
        .ifa_prefixlen = network->prefix_length,
        .ifa_index = if_nametoindex(name),
    };
    struct message message;

    message_begin(&message, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &address, sizeof address);
    message_attribute(&message, IFA_LOCAL, &network->address, sizeof network->address);
    message_attribute(&message, IFA_ADDRESS, &network->address, sizeof network->address);
    return netlink_request(netlink, &message);
}

int links_up(int netlink, const char *name)
{
    struct ifinfomsg link = {
        .ifi_family = AF_UNSPEC,
        .ifi_index = (int)if_nametoindex(name),
        .ifi_flags = IFF_UP,
        .ifi_change = IFF_UP,
    };
    struct message message;

    message_begin(&message, RTM_NEWLINK, 0, &link, sizeof link);
    return netlink_request(netlink, &message);
}

int links_add_default_route(int netlink, struct in_addr gateway)
{
    struct rtmsg route = {
        .rtm_family = AF_INET,
        .rtm_table = RT_TABLE_MAIN,
        .rtm_protocol = RTPROT_BOOT,
        .rtm_scope = RT_SCOPE_UNIVERSE,
        .rtm_type = RTN_UNICAST,
    };
    struct message message;

    message_begin(&message, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &route, sizeof route);
    message_attribute(&message, RTA_GATEWAY, &gateway, sizeof gateway);
    return netlink_request(netlink, &message);
}
