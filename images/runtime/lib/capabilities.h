// https://man7.org/linux/man-pages/man7/capabilities.7.html
#pragma once
#include "config.h"

// Before the user is changed: what the process can never get back.
int capabilities_bound(const struct capability_sets *sets, struct error *error);
// After the user is changed (with PR_SET_KEEPCAPS): the sets that the program starts with.
int capabilities_set(const struct capability_sets *sets, struct error *error);
