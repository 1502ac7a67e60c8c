// Keeps a container from overwriting the runtime through /proc/PID/exe (CVE-2019-5736):
// docs/adr/0040.
#pragma once
#include "error.h"

// Returns when this program runs from a read-only mount; else runs it again from one.
int own_binary_protect(char **arguments, struct error *error);
