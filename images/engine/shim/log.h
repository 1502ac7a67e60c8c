#pragma once
#include <stddef.h>
#include <stdint.h>

// The container's log in the format of Docker's json-file driver:
// {"log":"line\n","stream":"stdout","time":"2026-01-02T03:04:05.123456789Z"}

// Without it nothing is logged. What goes wrong with the log is told to control connections, once.
void log_open(const char *path, uint64_t size, unsigned files);

// Output of stream 1 or 2. Lines become records when they are complete, or 16 KiB long.
void log_write(int stream, const uint8_t *bytes, size_t length);

// A last line without its end becomes a record as well.
void log_end(void);
