#ifndef NETWORK_H
#define NETWORK_H

#include <stdbool.h>
#include <stdint.h>

/* netdevice(7). All return 0 or a negative errno; nothing is changed when an argument cannot be parsed. */

int network_link(const char *interface, bool up);

/* `cidr` is an IPv4 address with a prefix length: 10.0.0.2/24. Replaces the interface's address, then sets it up. */
int network_address(const char *interface, const char *cidr);

/* The default route. */
int network_gateway(const char *address);

/* Takes the link down for the change, because drivers refuse it otherwise, and restores its state. */
int network_mac(const char *interface, const uint8_t mac[6]);

#endif
