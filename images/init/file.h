#ifndef FILE_H
#define FILE_H

#include "channel.h"

extern const struct channel_kind read_kind, write_kind;

#endif
