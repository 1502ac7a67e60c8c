// The mounts of config.json, each built detached and then put on a target inside the root.
#pragma once
#include "config.h"

// `root` is the root's mount. `pts` receives the devpts mount when there is one, for the console.
int mounts_make(const struct config *config, int root, int *pts, struct error *error);
// A detached copy of a mount or of the tree of mounts below it.
int mount_clone(int directory, const char *path, bool recursive, struct error *error);
// A detached new mount of a file system. `mount` may have no options.
int mount_new(const char *type, const char *source, const struct strings *data, uint64_t attributes,
              struct error *error);
