#pragma once
#include <stdint.h>

enum { TIMESTAMP_MAX = sizeof "2026-01-02T03:04:05.123456789Z" - 1 };

// Nanoseconds since 1970.
int64_t timestamp_now(void);

// RFC 3339 in UTC, as Go's time.RFC3339Nano: without a fraction's last zeros. Returns the end of what was
// written.
char *timestamp_append(char *at, int64_t unix_ns);
