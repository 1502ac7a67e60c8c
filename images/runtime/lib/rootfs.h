// The container's root: a mount of its own, made the root of the mount namespace by pivot_root.
#pragma once
#include "config.h"

// Cuts the namespace's mounts off from the host's and mounts the root on itself. Working directory: the
// bundle.
int rootfs_mount(const struct config *config, int *root, struct error *error);
// Hides and write-protects paths. Before the pivot, because /dev/null is taken from the host.
int rootfs_protect(const struct config *config, int root, struct error *error);
// Makes it "/", lets go of the host's root, and write-protects it if the configuration says so.
int rootfs_enter(const struct config *config, int root, struct error *error);
