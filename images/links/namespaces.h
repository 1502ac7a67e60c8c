#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "text.h"

// Network namespaces that somebody is in or that have a name: as many as are shown.
enum { NAMESPACES_MAX = 64, NAMES_MAX = 4, CONTAINERS_MAX = 8, NAME_BYTES = 256, CONTAINER_ID_BYTES = 64 };

struct namespace {
    // Of its file; 0: this place is free.
    uint64_t inode;
    // By which the kernel calls it in requests and answers; OWN_NSID for ours.
    int nsid;
    // It may no longer be as it was said.
    bool is_stale;
    // The last scan has met it.
    bool is_met;
    // The oldest process in it; 0 when it has only names.
    pid_t process;
    // Files that it is bound to: /run/docker/netns/0123456789ab
    char names[NAMES_MAX][NAME_BYTES];
    int name_count;
    // By their cgroups, of the processes in it.
    char containers[CONTAINERS_MAX][CONTAINER_ID_BYTES + 1];
    int container_count;
    // What was said of it last.
    struct text said, counted;
};

extern struct namespace namespaces[NAMESPACES_MAX];
// Those that have no place in the table.
extern int namespaces_left_out;

// Looks for namespaces in /proc and among the mounts. New ones are stale, and so is one that has other names or containers.
// Those that are gone have `is_met` false, and are forgotten with namespaces_forget.
// 0, or -errno.
int namespaces_scan(int netlink);
void namespaces_forget(struct namespace *namespace);
// NULL: it is none of those known.
struct namespace *namespaces_find(int nsid);
// The number of our own, by which others' links lead to it.
int namespaces_own_nsid(void);
