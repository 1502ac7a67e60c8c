#include "timestamp.h"

#include <time.h>

#include "append.h"

enum { SECOND_NS = 1000 * 1000 * 1000 };

int64_t timestamp_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * SECOND_NS + now.tv_nsec;
}

static char *append_fraction(char *at, uint32_t ns) {
    if (ns == 0)
        return at;
    *at++ = '.';
    at = append_digits(at, ns, 9);
    while (at[-1] == '0')
        at--;
    return at;
}

char *timestamp_append(char *at, int64_t unix_ns) {
    static time_t second = -1;
    static struct tm utc;
    time_t now = (time_t)(unix_ns / SECOND_NS);
    if (now != second)
        gmtime_r(&now, &utc);
    second = now;
    at = append_digits(at, (uint32_t)utc.tm_year + 1900, 4);
    *at++ = '-';
    at = append_digits(at, (uint32_t)utc.tm_mon + 1, 2);
    *at++ = '-';
    at = append_digits(at, (uint32_t)utc.tm_mday, 2);
    *at++ = 'T';
    at = append_digits(at, (uint32_t)utc.tm_hour, 2);
    *at++ = ':';
    at = append_digits(at, (uint32_t)utc.tm_min, 2);
    *at++ = ':';
    at = append_digits(at, (uint32_t)utc.tm_sec, 2);
    at = append_fraction(at, (uint32_t)(unix_ns % SECOND_NS));
    *at++ = 'Z';
    return at;
}
