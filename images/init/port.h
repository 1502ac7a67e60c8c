#ifndef PORT_H
#define PORT_H

/*
 * Opens the machine's port to its client, non-blocking. `where`: a descriptor's number, a path, or NULL for
 * virtio-console port 1, under whichever name it has.
 */
int port_open(const char *where);

#endif
