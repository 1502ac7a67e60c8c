// Words in a mount's options, as mount(8) and the OCI specification have them.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "config.h"

struct mount_options {
    uint64_t set, clear;                     // MOUNT_ATTR_*, of this mount
    uint64_t recursive_set, recursive_clear; // of the mounts below as well
    uint64_t propagation;                    // MS_PRIVATE and the like; 0 when not given
    bool propagation_recursive;
    bool bind, bind_recursive;
    bool remount;
};

extern const struct word mount_option_words[]; // for `features`; the values have no meaning outside

// Words that are not about the mount itself are the file system's; `data` receives them, it has room for all
// options.
int mount_options_read(const struct mount *mount, struct mount_options *out, struct strings *data,
                       struct error *error);
