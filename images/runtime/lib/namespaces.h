// https://man7.org/linux/man-pages/man7/namespaces.7.html
#pragma once
#include "config.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

// Namespaces that are joined by path, as open descriptors in the order of `config->namespaces`; -1 for new
// ones.
struct joined_namespaces {
    int fds[8];
};

int namespaces_open(const struct config *config, struct joined_namespaces *out, struct error *error);
void namespaces_close(const struct config *config, struct joined_namespaces *joined);
// Flags for clone3: what the init is born into.
uint64_t namespaces_clone_flags(const struct config *config);
// Called by the runtime around clone3: a pid or time namespace is entered by being born into it.
int namespaces_set_for_child(const struct config *config, const struct joined_namespaces *joined,
                             struct error *error);
int namespaces_restore(const struct config *config, struct error *error);
// Called by the init.
int namespaces_join(const struct config *config, const struct joined_namespaces *joined, struct error *error);
// Writes the maps of the init's new user namespace.
int namespaces_map_ids(const struct config *config, pid_t pid, struct error *error);
// A new network namespace has a loopback interface, which is down.
int namespaces_loopback_up(struct error *error);
