#ifndef ANSWER_H
#define ANSWER_H

#include <stddef.h>

#include "request.h"

/* Enough for every answer there is. */
enum { ANSWER_MAX = 2048 };

/* Writes the whole response to a request. Returns its length. */
size_t answer_request(const struct request *request, char answer[static ANSWER_MAX]);

/* Writes the response to something that is no request, or no request that is served. It closes the connection. */
size_t answer_error(int status, char answer[static ANSWER_MAX]);

#endif
