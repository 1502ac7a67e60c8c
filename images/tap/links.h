#ifndef LINKS_H
#define LINKS_H

/*
 * Prints the links that are up of all network namespaces, a line of JSON each:
 * {"pid":123,"container":"0123...","link":"eth0","kind":"veth"}
 * pid: the first process that is in the namespace. container: 64 hexadecimal digits out of its cgroup; "" for the namespace
 * that this program runs in. kind: as `ip -details link` calls it, "loopback", or "" for a card.
 */
int list_links(void);

#endif
