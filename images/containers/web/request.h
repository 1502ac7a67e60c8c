#ifndef REQUEST_H
#define REQUEST_H

#include <stdbool.h>
#include <stddef.h>

/* The head of an HTTP/1.1 request (RFC 9112). Strings point into the parsed text. */
struct request {
    const char *method;
    /* Without the query. */
    const char *path;
    bool keep_alive;
};

/* Length of the head at the start of `text` with its empty line, or 0 while that has not arrived. */
size_t request_head_length(const char *text, size_t length);

/*
 * Reads a head of `length` bytes, which are overwritten. Returns 0, or the HTTP status that says what is wrong:
 * 400 malformed, 413 has a body, 505 not HTTP/1.
 */
int request_parse(char *text, size_t length, struct request *request);

#endif
