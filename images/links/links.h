#pragma once
#include "namespaces.h"
#include "text.h"

// REPORT.md says what the lines are. Both return 0, or -errno and what they wrote is of no use.

// The line of a namespace, and that of its counters.
int links_describe(int netlink, const struct namespace *namespace, struct text *line, struct text *counters);
int links_count(int netlink, const struct namespace *namespace, struct text *counters);
