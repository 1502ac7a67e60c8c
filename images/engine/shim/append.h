#pragma once
#include <stddef.h>
#include <stdint.h>

// Each writes at `at` and returns where it stopped. The caller has made room; nothing ends with a NUL.
char *append_text(char *at, const char *text);
char *append_number(char *at, uint64_t number);

// With leading zeros.
char *append_digits(char *at, uint32_t number, int digits);
