// The container's first process, from its birth to the program.
#pragma once
#include "container.h"
#include "namespaces.h"
#include "seccomp-filter.h"

struct init {
    struct config *config;
    struct container *container;
    struct arena *arena;
    const struct joined_namespaces *joined;
    const struct seccomp_filter *filter;
    int runtime; // messages
    int start;   // listening socket on which `start` comes; -1: MESSAGE_START does
    int console; // connected socket that takes the terminal's master; -1: none
};

_Noreturn void init_run(struct init *init);
