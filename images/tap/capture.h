#ifndef CAPTURE_H
#define CAPTURE_H

/*
 * Writes packets of these links, "NAMESPACE/LINK", until standard input ends. Whenever bytes come there, every link's statistics are
 * written, with the time of this computer's clock: that is how a reader learns what time it is here. What is in a
 * namespace that has ended is let go then: an open socket would keep it, and its links, alive.
 */
int capture(char *const *links, unsigned count);

#endif
