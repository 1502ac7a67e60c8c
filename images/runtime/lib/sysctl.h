#pragma once
#include "config.h"

// Writes the kernel settings of the container's namespaces.
int sysctls_set(const struct config *config, struct error *error);
