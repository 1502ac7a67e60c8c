/* https://www.rfc-editor.org/rfc/rfc9112 */
#include "request.h"

#include <string.h>
#include <strings.h>

size_t request_head_length(const char *text, size_t length)
{
    const char *end = memmem(text, length, "\r\n\r\n", 4);

    return end != NULL ? (size_t)(end - text) + 4 : 0;
}

/* Cuts the line at `*rest` off and moves `*rest` behind it. NULL when it is not ended by CR LF. */
static char *take_line(char **rest)
{
    char *line = *rest;
    char *end = strstr(line, "\r\n");

    if (end == NULL)
        return NULL;
    *end = '\0';
    *rest = end + 2;
    return line;
}

static int parse_request_line(char *line, struct request *request)
{
    char *path = strchr(line, ' ');
    char *version = path != NULL ? strchr(path + 1, ' ') : NULL;

    if (version == NULL || path == line || path[1] != '/')
        return 400;
    *path++ = '\0';
    *version++ = '\0';
    if (strncmp(version, "HTTP/1.", 7) != 0)
        return 505;
    request->method = line;
    request->path = path;
    request->keep_alive = strcmp(version, "HTTP/1.1") == 0;
    path[strcspn(path, "?")] = '\0';
    return 0;
}

static int parse_field(char *line, struct request *request)
{
    char *value = strchr(line, ':');

    if (value == NULL || value == line)
        return 400;
    *value++ = '\0';
    value += strspn(value, " \t");
    if (strcasecmp(line, "Connection") == 0)
        request->keep_alive = strcasecmp(value, "close") != 0 && request->keep_alive;
    else if (strcasecmp(line, "Transfer-Encoding") == 0)
        return 413;
    else if (strcasecmp(line, "Content-Length") == 0 && strcmp(value, "0") != 0)
        return 413;
    return 0;
}

int request_parse(char *text, size_t length, struct request *request)
{
    char *rest = text, *line;

    if (length < 4 || memchr(text, '\0', length) != NULL)
        return 400;
    /* The empty line that ends the head: ends the last field's line for take_line(). */
    text[length - 2] = '\0';
    if ((line = take_line(&rest)) == NULL)
        return 400;
    int status = parse_request_line(line, request);
    while (status == 0 && *rest != '\0') {
        if ((line = take_line(&rest)) == NULL)
            return 400;
        status = parse_field(line, request);
    }
    return status;
}
