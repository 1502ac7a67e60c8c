#ifndef LINKS_H
#define LINKS_H

/*
 * Prints the links that are up of all network namespaces, a line of JSON each:
 * {"namespace":"/proc/123/ns/net","container":"0123...","link":"eth0","kind":"veth"}
 * namespace: the file of the first process that is in it, or what it is bound to in /run/docker/netns when there is none, as with
 * overlay networks. container: 64 hexadecimal digits out of the process's cgroup; "" for the namespace that this program runs in. kind: as `ip -details link` calls it, "loopback", or "" for a card.
 */
int list_links(void);

#endif
