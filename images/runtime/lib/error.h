// The one error convention of hullrun, see ../README.md: 0 or a count on success, a negative errno on failure
// with one sentence in `struct error`, out-parameters untouched unless the call succeeds.
#pragma once
#include <stdarg.h>

struct error {
    int number; // errno, positive; 0 while nothing has failed
    char text[508];
};

// Stores the sentence and returns -number: `return fail(error, ENOENT, "no container named %s", id);`
int fail(struct error *error, int number, const char *format, ...) __attribute__((format(printf, 3, 4)));

// The same with ": strerror(number)" after the sentence. `result` is what a sys_ function returned
// (negative).
int fail_sys(struct error *error, int result, const char *format, ...) __attribute__((format(printf, 3, 4)));

// Puts words in front of the sentence that a callee has stored, and returns the callee's result.
int within(struct error *error, int result, const char *format, ...) __attribute__((format(printf, 3, 4)));

// Passes a failure on to the caller.
#define try(call) \
    do { \
        int try_result = (call); \
        if (try_result < 0) \
            return try_result; \
    } while (0)
