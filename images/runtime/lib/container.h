// A container as hullrun remembers it: a directory below the state root (/run/hullrun/ID) with
//   state.json   what `struct container` holds
//   config.json  the configuration it was made from, for exec and for hooks
//   start        the socket on which its init waits for `start`; it is there while the container is "created"
#pragma once
#include "config.h"

struct container {
    const char *id;
    const char *root;        // of all states
    int directory;           // of this one's
    pid_t pid;               // of its init, 0 while it is being created
    uint64_t pid_start_time; // in clock ticks since boot: tells the init from a later process with its number
    int64_t created_ns;      // since the epoch
    const char *bundle, *cgroup, *oci_version;
    pairs annotations;
    bool has_end_hooks; // `poststop`: without them nobody needs the configuration at the end
};

enum container_status { CREATING, CREATED, RUNNING, PAUSED, STOPPED };
extern const char *const container_status_names[];

int container_check_id(const char *id, struct error *error);
// A new directory; -EEXIST when the name is taken.
int container_make(struct container *container, struct error *error);
int container_save(const struct container *container, struct arena *arena, struct error *error);
// Looks it up by `root` and `id`; -ENOENT when there is none.
int container_load(struct container *container, struct arena *arena, struct error *error);
int container_config(const struct container *container, struct arena *arena, struct config *out,
                     struct error *error);
enum container_status container_status(const struct container *container);
// https://github.com/opencontainers/runtime-spec/blob/v1.2.0/runtime.md#state
const char *container_state_json(const struct container *container, struct arena *arena,
                                 enum container_status status);
// Forgets it.
int container_forget(struct container *container, struct error *error);
// Clock ticks since boot at which the process started; 0 when there is none or it is a zombie.
uint64_t process_start_time(pid_t pid);
