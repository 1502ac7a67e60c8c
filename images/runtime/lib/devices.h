// https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#default-devices
#pragma once
#include "config.h"

// The device nodes of the configuration and those that every container has, and the links in /dev.
int devices_make(const struct config *config, int root, struct error *error);
