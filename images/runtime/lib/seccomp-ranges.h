// The part of a seccomp profile that looks at nothing but the number of the system call, as a small program.
#pragma once
#include <linux/filter.h>

#include "config.h"

// What libseccomp makes of a profile like Docker's is a tree with a leaf for each of some 330 system calls;
// compiling it costs 12 Mi, and the kernel's own work at every start 0.5 Mi. But most of these calls are
// simply allowed, and their numbers are neighbours: some 60 ranges say the same.

#define RANGES_MAX_NUMBER 512 // above every system call's number of i386
#define RANGES_ASK UINT32_MAX // libseccomp's program decides

struct seccomp_ranges {
    uint32_t actions[RANGES_MAX_NUMBER]; // SECCOMP_RET_* by number; the last goes for all above
};

// Sorts the rules of the profile: those that say the same for all arguments go into `ranges`; `asked` tells
// for every rule whether it is libseccomp's. False when the whole profile is: for other architectures than
// i386, and where rules overlap in ways whose meaning is libseccomp's to say.
bool seccomp_ranges_read(const struct seccomp *seccomp, struct seccomp_ranges *ranges, bool *asked);
// The program, with `tail` (libseccomp's, for the asked rules) behind it. False when there are too many
// ranges.
bool seccomp_ranges_write(struct arena *arena, const struct seccomp_ranges *ranges,
                          const struct sock_fprog *tail, struct sock_fprog *out);
