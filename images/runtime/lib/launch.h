// The runtime's side of making a container.
#pragma once
#include "container.h"

struct launch_options {
    const char *console_socket; // path, or NULL
    const char *pid_file;       // or NULL
    bool wait_for_start;        // `start` comes later from another process; else launch_start tells it to run
    bool relay_terminal;        // this process takes the terminal's master itself
};

struct launched {
    pid_t pid;
    int pidfd;
    int init;   // messages
    int master; // of the terminal, with relay_terminal; else -1
};

// Makes the container that `container` and `config` describe (id, root, bundle filled in; working directory:
// the bundle) up to the point where its program would run. On failure nothing of it is left.
int launch(struct container *container, struct config *config, const struct text *config_text,
           const struct launch_options *options, struct arena *arena, struct launched *out,
           struct error *error);
// Lets it run, and runs the poststart hooks.
int launch_start(struct container *container, const struct config *config, struct launched *launched,
                 struct arena *arena, struct error *error);
// The same for a container that another process has launched.
int container_start(struct container *container, const struct config *config, struct arena *arena,
                    struct error *error);
// Ends what is left of it: processes, cgroup, state; then the poststop hooks, whose failures are only
// reported.
// `config` is NULL when the caller has not read it.
int container_delete(struct container *container, const struct config *config, struct arena *arena,
                     struct error *error);
int pid_file_write(const char *path, pid_t pid, struct error *error);
