#include "answer.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Who serves: the same program says different things in a machine and in a container. */
struct identity {
    struct utsname system;
    pid_t pid;
    /* Seconds since the kernel booted. A container shares its kernel, so this is older than the container. */
    long uptime;
};

static struct identity identify(void)
{
    struct identity identity = { .pid = getpid() };
    struct sysinfo info;

    uname(&identity.system);
    /* A host name may hold any byte, and the page and the JSON are not to be broken by it. */
    for (char *letter = identity.system.nodename; *letter != '\0'; letter++)
        if (!isalnum((unsigned char)*letter) && strchr("-._", *letter) == NULL)
            *letter = '?';
    identity.uptime = sysinfo(&info) == 0 ? info.uptime : 0;
    return identity;
}

static const char *reason(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 413:
        return "Content Too Large";
    case 431:
        return "Request Header Fields Too Large";
    case 505:
        return "HTTP Version Not Supported";
    default:
        return "Bad Request";
    }
}

struct response {
    int status;
    const char *type;
    bool keep_alive, head_only;
};

static size_t write_response(const struct response *response, const char *body, char *answer)
{
    size_t length = strlen(body);
    int written = snprintf(answer, ANSWER_MAX,
                           "HTTP/1.1 %d %s\r\n"
                           "Server: hullweb\r\n"
                           "Content-Type: %s; charset=utf-8\r\n"
                           "Content-Length: %zu\r\n"
                           "%s%s\r\n%s",
                           response->status, reason(response->status), response->type, length,
                           response->status == 405 ? "Allow: GET, HEAD\r\n" : "",
                           response->keep_alive ? "" : "Connection: close\r\n", response->head_only ? "" : body);

    return written < ANSWER_MAX ? (size_t)written : ANSWER_MAX - 1;
}

static size_t answer_text(struct response response, char *answer, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static size_t answer_text(struct response response, char *answer, const char *format, ...)
{
    char body[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(body, sizeof body, format, arguments);
    va_end(arguments);
    return write_response(&response, body, answer);
}

static size_t answer_html(struct response response, char *answer)
{
    struct identity who = identify();

    response.type = "text/html";
    return answer_text(response, answer,
                       "<!doctype html><html lang=en><title>%s</title>\n"
                       "<h1>Hello from %s</h1>\n"
                       "<p>hullweb is process %d here. The kernel is %s %s and has been up for %ld s.\n",
                       who.system.nodename, who.system.nodename, who.pid, who.system.sysname,
                       who.system.release, who.uptime);
}

static size_t answer_json(struct response response, char *answer)
{
    struct identity who = identify();

    response.type = "application/json";
    return answer_text(response, answer,
                       "{\"hostname\":\"%s\",\"pid\":%d,\"kernel\":\"%s %s\",\"uptimeSeconds\":%ld}\n",
                       who.system.nodename, who.pid, who.system.sysname, who.system.release, who.uptime);
}

size_t answer_request(const struct request *request, char answer[static ANSWER_MAX])
{
    struct response response = {
        .status = 200,
        .type = "text/plain",
        .keep_alive = request->keep_alive,
        .head_only = strcmp(request->method, "HEAD") == 0,
    };

    if (!response.head_only && strcmp(request->method, "GET") != 0) {
        response.status = 405;
        return answer_text(response, answer, "hullweb answers GET and HEAD only.\n");
    }
    if (strcmp(request->path, "/") == 0)
        return answer_html(response, answer);
    if (strcmp(request->path, "/who.json") == 0)
        return answer_json(response, answer);
    response.status = 404;
    return answer_text(response, answer, "There are / and /who.json here.\n");
}

size_t answer_error(int status, char answer[static ANSWER_MAX])
{
    struct response response = { .status = status, .type = "text/plain" };

    return answer_text(response, answer, "%s\n", reason(status));
}
