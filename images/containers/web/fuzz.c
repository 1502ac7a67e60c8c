/* libFuzzer target: any bytes of a client through the parser and the answers, as connection.c hands them on. */
#include <stdint.h>
#include <string.h>

#include "answer.h"
#include "connection.h"
#include "request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[REQUEST_MAX], answer[ANSWER_MAX];
    struct request request;

    if (size > sizeof text)
        return -1;
    memcpy(text, data, size);
    size_t head_length = request_head_length(text, size);
    if (head_length == 0)
        return 0;
    int status = request_parse(text, head_length, &request);
    size_t length = status == 0 ? answer_request(&request, answer) : answer_error(status, answer);
    if (length == 0 || length >= ANSWER_MAX)
        __builtin_trap();
    return 0;
}
