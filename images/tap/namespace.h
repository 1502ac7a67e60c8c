#ifndef NAMESPACE_H
#define NAMESPACE_H

/* Says "hulltap: WHAT: ERRNO'S TEXT". Returns -1. */
int complain(const char *what);

/*
 * Moves this thread into the network namespace of a process.
 * *home is where it was, for namespace_leave; untouched on failure.
 */
int namespace_enter(unsigned pid, int *home);

/* Back to where namespace_enter was called. */
int namespace_leave(int home);

#endif
