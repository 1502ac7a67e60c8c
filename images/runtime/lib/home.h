// passwd(5), as far as a home directory.
#pragma once
#include <sys/types.h>

#include "arena.h"

// From /etc/passwd of the current root, which may be hostile; "/" when it does not say.
const char *home_of(struct arena *arena, uid_t uid);
