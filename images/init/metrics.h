#ifndef METRICS_H
#define METRICS_H

#include "channel.h"

/* Answers with one JSON object (GuestMetrics in lib/guest) and closes. */
extern const struct channel_kind metrics_kind;

#endif
