#include "failure.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "append.h"
#include "json.h"
#include "words.h"

// What a log's end must hold to be understood: one message.
enum { LOG_END = 4 * 1024 };

// The string that follows `key` in a line, with its quotes. A key cannot stand inside of a string, where its
// quotes are escaped.
static const char *string_after(const char *line, size_t length, const char *key, size_t *string_length) {
    const char *found = memmem(line, length, key, strlen(key)), *end = line + length;
    if (found == NULL)
        return NULL;
    const char *start = found + strlen(key);
    while (start < end && *start == ' ')
        start++;
    if (start == end || *start != '"')
        return NULL;
    for (const char *at = start + 1; at < end; at++) {
        if (*at == '\\')
            at++;
        else if (*at == '"') {
            *string_length = (size_t)(at + 1 - start);
            return start;
        }
    }
    return NULL;
}

const char *failure_message(const char *log, size_t length, size_t *message_length) {
    const char *end = log + length;
    while (end > log) {
        const char *newline = memrchr(log, '\n', (size_t)(end - log));
        const char *line = newline != NULL ? newline + 1 : log;
        size_t level_length, line_length = (size_t)(end - line);
        const char *level = string_after(line, line_length, "\"level\":", &level_length);
        const char *message = string_after(line, line_length, "\"msg\":", message_length);
        if (level != NULL && message != NULL && strncmp(level, "\"error\"", level_length) == 0)
            return message;
        end = newline != NULL ? newline : log;
    }
    return NULL;
}

static size_t read_end(const char *path, char *bytes) {
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    off_t offset = fstat(fd, &status) == 0 && status.st_size > LOG_END ? status.st_size - LOG_END : 0;
    ssize_t length = pread(fd, bytes, LOG_END, offset);
    close(fd);
    return length > 0 ? (size_t)length : 0;
}

char *failure_append(char *at, const char *path, int status) {
    char log[LOG_END];
    size_t length, log_length = read_end(path, log);
    const char *message = failure_message(log, log_length, &length);
    if (message != NULL) {
        memcpy(at, message, length);
        return at + length;
    }
    const char *said = words(&length);
    *at++ = '"';
    if (length > 0) {
        at = json_escape(at, (const uint8_t *)said, length);
    } else {
        at = append_text(at, WIFSIGNALED(status) ? "the runtime was ended by signal "
                                                 : "the runtime said nothing and ended with status ");
        at = append_number(at, (uint64_t)(WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status)));
    }
    *at++ = '"';
    return at;
}
