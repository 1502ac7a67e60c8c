#include "error.h"

#include <stdio.h>
#include <string.h>

int fail(struct error *error, int number, const char *format, ...) {
    va_list values;
    va_start(values, format);
    vsnprintf(error->text, sizeof error->text, format, values);
    va_end(values);
    error->number = number;
    return -number;
}

int fail_sys(struct error *error, int result, const char *format, ...) {
    va_list values;
    va_start(values, format);
    int length = vsnprintf(error->text, sizeof error->text, format, values);
    va_end(values);
    if (length >= 0 && (size_t)length < sizeof error->text)
        snprintf(error->text + length, sizeof error->text - (size_t)length, ": %s", strerror(-result));
    error->number = -result;
    return result;
}

int within(struct error *error, int result, const char *format, ...) {
    if (result >= 0)
        return result;
    char inner[sizeof error->text];
    memcpy(inner, error->text, sizeof inner);
    va_list values;
    va_start(values, format);
    int length = vsnprintf(error->text, sizeof error->text, format, values);
    va_end(values);
    if (length >= 0 && (size_t)length < sizeof error->text)
        snprintf(error->text + length, sizeof error->text - (size_t)length, ": %s", inner);
    return result;
}
