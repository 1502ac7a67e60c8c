// Open files that a container must not inherit.
#pragma once
#include <stddef.h>

#include "error.h"

// Called first in the program: closes what the caller has leaked, beyond the standard streams and `preserved`
// more.
int descriptors_close_inherited(unsigned preserved, struct error *error);
// Closes all but the standard streams, the preserved ones and those in `kept` (-1 entries are skipped, the
// array is sorted).
int descriptors_close_except(int *kept, size_t count, struct error *error);
