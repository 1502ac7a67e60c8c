// Paths inside a root file system that may be hostile: its symbolic links can point anywhere and change at
// any moment. Every path is resolved by the kernel inside the root (openat2 with RESOLVE_IN_ROOT), once, to a
// descriptor; what is done afterwards is done to that descriptor and never to the path again.
#pragma once
#include <stdbool.h>

#include "error.h"

// O_PATH descriptor, or -ENOENT and the like without a sentence.
int path_open(int root, const char *path);
// The same, but the path must not lead through a symbolic link.
int path_open_plain(int root, const char *path);
// O_PATH descriptor of the directory; makes what is missing, inside the root.
int path_make_directory(int root, const char *path, struct error *error);
// O_PATH descriptor of the path's directory, made when missing, and the last component (points into `path`).
int path_make_parent(int root, const char *path, const char **name, struct error *error);
// O_PATH descriptor of a file to mount on; an existing one is left as it is.
int path_make_file(int root, const char *path, struct error *error);
bool path_is_directory(int fd);
