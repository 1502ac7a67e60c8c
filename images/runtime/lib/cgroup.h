// https://docs.kernel.org/admin-guide/cgroup-v2.html
#pragma once
#include <stdbool.h>

#include "config.h"

// The path of the container's cgroup below the cgroup mount, with a leading slash.
int cgroup_path(struct arena *arena, const struct config *config, const char *id, const char **out,
                struct error *error);
// Makes the cgroup and its limits; gives a descriptor that clone3 takes.
int cgroup_create(const struct config *config, const char *path, struct error *error);
// A descriptor of an existing one.
int cgroup_open(const char *path, struct error *error);
// Sends SIGKILL to every process in it, and waits until they are gone.
int cgroup_kill(const char *path, struct error *error);
// Removes it with what the container has made below it. Absent is fine; processes in it are killed.
int cgroup_remove(const char *path, struct error *error);
int cgroup_freeze(const char *path, bool freeze, struct error *error);
// 1 when frozen, 0 when not or when it is gone.
int cgroup_is_frozen(const char *path);
// The process ids in it, as this process sees them; the array is the arena's.
typedef LIST(pid_t) pid_list;
int cgroup_pids(struct arena *arena, const char *path, pid_list *out, struct error *error);
// Of the calling process: a detached mount that shows only its own part of the tree.
int cgroup_bind_own(struct error *error);
