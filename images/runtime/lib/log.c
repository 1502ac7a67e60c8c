#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "json-write.h"
#include "sys.h"

static int log_fd = -1;
static bool log_json;

int log_open(const char *path, const char *format, struct error *error) {
    if (format != NULL && strcmp(format, "json") != 0 && strcmp(format, "text") != 0)
        return fail(error, EINVAL, "--log-format: expected text or json, found \"%.40s\"", format);
    log_json = format != NULL && strcmp(format, "json") == 0;
    if (path == NULL)
        return 0;
    log_fd = sys_openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND, 0644);
    return log_fd < 0 ? fail_sys(error, log_fd, "--log: cannot write %s", path) : 0;
}

static void write_file(const char *level, const char *text) {
    char when[40];
    time_t now = time(NULL);
    struct tm utc;
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    if (!log_json) {
        dprintf(log_fd, "%s %s: %s\n", when, level, text);
        return;
    }
    struct arena arena = {0};
    json_writer writer = json_write_begin(false);
    yajl_gen_map_open(writer);
    json_write_string(writer, "level", level);
    json_write_string(writer, "msg", text);
    json_write_string(writer, "time", when);
    yajl_gen_map_close(writer);
    dprintf(log_fd, "%s\n", json_write_end(writer, &arena));
    arena_free(&arena);
}

static void write_line(const char *level, const char *format, va_list values) {
    char text[1024];
    vsnprintf(text, sizeof text, format, values);
    fprintf(stderr, "hullrun: %s%s\n", strcmp(level, "warning") == 0 ? "warning: " : "", text);
    if (log_fd >= 0)
        write_file(level, text);
}

void log_error(const char *format, ...) {
    va_list values;
    va_start(values, format);
    write_line("error", format, values);
    va_end(values);
}

void log_warning(const char *format, ...) {
    va_list values;
    va_start(values, format);
    write_line("warning", format, values);
    va_end(values);
}
