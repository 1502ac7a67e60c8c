// The device rules of a container as an eBPF program on its cgroup.
#pragma once
#include "config.h"

int cgroup_devices_attach(const struct config *config, int cgroup, struct error *error);
