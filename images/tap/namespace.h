#ifndef NAMESPACE_H
#define NAMESPACE_H

#include <sys/types.h>

/* Says "hulltap: WHAT: ERRNO'S TEXT". Returns -1. */
int complain(const char *what);

/* Long enough for the file of a process's namespace, and for one that an engine has bound one to. */
enum { NAMESPACE_PATH_MAX = 320 };

/*
 * Moves this thread into the network namespace of a file: "/proc/PID/ns/net", "/run/docker/netns/NAME".
 * *home is where it was, for namespace_leave; untouched on failure.
 */
int namespace_enter(const char *path, int *home);

/* Back to where namespace_enter was called. */
int namespace_leave(int home);

/* What tells namespaces apart. *inode is untouched on failure. */
int namespace_number(const char *path, ino_t *inode);

#endif
