#include "network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "descriptor.h"

static int control_socket(void)
{
    return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static struct ifreq request_for(const char *interface)
{
    struct ifreq request = { 0 };

    strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
    return request;
}

static struct sockaddr_in address_of(in_addr_t address)
{
    return (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = address };
}

static int set_up(int fd, const char *interface, bool up)
{
    struct ifreq request = request_for(interface);

    if (ioctl(fd, SIOCGIFFLAGS, &request) != 0)
        return -errno;
    request.ifr_flags = (short)(up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP);
    return ioctl(fd, SIOCSIFFLAGS, &request) != 0 ? -errno : 0;
}

int network_link(const char *interface, bool up)
{
    SCOPED_FD fd = control_socket();

    return fd < 0 ? -errno : set_up(fd, interface, up);
}

static int parse_cidr(const char *cidr, struct sockaddr_in *address, struct sockaddr_in *mask)
{
    char dotted[INET_ADDRSTRLEN];
    const char *slash = strchr(cidr, '/');
    char *end = NULL;
    struct in_addr parsed;

    if (slash == NULL || (size_t)(slash - cidr) >= sizeof dotted)
        return -EINVAL;
    memcpy(dotted, cidr, (size_t)(slash - cidr));
    dotted[slash - cidr] = '\0';
    long prefix = strtol(slash + 1, &end, 10);
    if (end == slash + 1 || *end != '\0' || prefix < 0 || prefix > 32 || inet_pton(AF_INET, dotted, &parsed) != 1)
        return -EINVAL;
    *address = address_of(parsed.s_addr);
    *mask = address_of(prefix == 0 ? 0 : htonl(UINT32_MAX << (32 - prefix)));
    return 0;
}

int network_address(const char *interface, const char *cidr)
{
    struct sockaddr_in address, mask;
    int error = parse_cidr(cidr, &address, &mask);
    SCOPED_FD fd = control_socket();

    if (error != 0 || fd < 0)
        return error != 0 ? error : -errno;

    struct ifreq request = request_for(interface);
    memcpy(&request.ifr_addr, &address, sizeof address);
    if (ioctl(fd, SIOCSIFADDR, &request) != 0)
        return -errno;
    memcpy(&request.ifr_netmask, &mask, sizeof mask);
    if (ioctl(fd, SIOCSIFNETMASK, &request) != 0)
        return -errno;
    return set_up(fd, interface, true);
}

int network_gateway(const char *address)
{
    struct in_addr parsed;
    SCOPED_FD fd = control_socket();

    if (inet_pton(AF_INET, address, &parsed) != 1)
        return -EINVAL;
    if (fd < 0)
        return -errno;

    struct sockaddr_in gateway = address_of(parsed.s_addr), any = address_of(INADDR_ANY);
    struct rtentry route = { .rt_flags = RTF_UP | RTF_GATEWAY };
    memcpy(&route.rt_gateway, &gateway, sizeof gateway);
    memcpy(&route.rt_dst, &any, sizeof any);
    memcpy(&route.rt_genmask, &any, sizeof any);
    return ioctl(fd, SIOCADDRT, &route) != 0 && errno != EEXIST ? -errno : 0;
}

int network_mac(const char *interface, const uint8_t mac[6])
{
    SCOPED_FD fd = control_socket();
    struct ifreq flags = request_for(interface), request = flags;

    if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &flags) != 0)
        return -errno;

    int error = set_up(fd, interface, false);
    if (error != 0)
        return error;
    request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    memcpy(request.ifr_hwaddr.sa_data, mac, 6);
    if (ioctl(fd, SIOCSIFHWADDR, &request) != 0)
        error = -errno;
    int restored = set_up(fd, interface, (flags.ifr_flags & IFF_UP) != 0);
    return error != 0 ? error : restored;
}
