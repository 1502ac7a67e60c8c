#ifndef CONNECT_H
#define CONNECT_H

#include "channel.h"

extern const struct channel_kind connect_tcp_kind, connect_unix_kind;

#endif
