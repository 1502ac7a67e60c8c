#include "log.h"

#include <stdbool.h>
#include <string.h>

#include "append.h"
#include "json.h"
#include "log-file.h"
#include "story.h"
#include "timestamp.h"

enum {
    // As in Docker, whose readers put longer lines together again.
    RECORD_TEXT = 16 * 1024,
    RECORD_FRAME = sizeof "{'log':'\\n','stream':'stdout','time':''}\n" + TIMESTAMP_MAX,
};

// A stream's line, as far as it is not logged.
struct line {
    size_t length;
    // When its first part was logged, 0 if none was.
    int64_t since;
    uint8_t bytes[RECORD_TEXT];
};

static struct line lines[2];
static bool is_open, has_failed;

// Whole records.
static char records[JSON_GROWTH * RECORD_TEXT + RECORD_FRAME];
static size_t recorded;

static void check(int error) {
    if (error < 0 && !has_failed)
        story_log_failed(-error);
    has_failed |= error < 0;
}

void log_open(const char *path, uint64_t size, unsigned files) {
    int error = log_file_open(path, size, files);
    is_open = error == 0;
    check(error);
}

static void flush(void) {
    if (recorded > 0)
        check(log_file_append(records, recorded));
    recorded = 0;
}

static void record(const char *stream, const uint8_t *bytes, size_t length, bool whole, int64_t now) {
    if (log_file_is_full(recorded)) {
        flush();
        check(log_file_replace());
    }
    if (recorded + JSON_GROWTH * length + RECORD_FRAME > sizeof records)
        flush();
    char *at = append_text(records + recorded, "{\"log\":\"");
    at = json_escape(at, bytes, length);
    at = append_text(at, whole ? "\\n\",\"stream\":\"" : "\",\"stream\":\"");
    at = append_text(append_text(at, stream), "\",\"time\":\"");
    at = append_text(timestamp_append(at, now), "\"}\n");
    recorded = (size_t)(at - records);
}

// The line with these bytes at its end. All parts of a line have the time of the first.
static void record_line(struct line *line, const uint8_t *bytes, size_t length, bool whole, int64_t now) {
    const char *stream = line == &lines[0] ? "stdout" : "stderr";
    if (line->length > 0) {
        memcpy(line->bytes + line->length, bytes, length);
        bytes = line->bytes;
        length += line->length;
    }
    int64_t since = line->since != 0 ? line->since : now;
    record(stream, bytes, length, whole, since);
    line->since = whole ? 0 : since;
    line->length = 0;
}

void log_write(int stream, const uint8_t *bytes, size_t length) {
    struct line *line = &lines[stream - 1];
    if (!is_open)
        return;
    for (int64_t now = timestamp_now(); length > 0;) {
        size_t room = RECORD_TEXT - line->length, within = length < room ? length : room;
        const uint8_t *newline = memchr(bytes, '\n', within);
        size_t taken = newline != NULL ? (size_t)(newline - bytes) : within;
        if (newline != NULL || taken == room) {
            record_line(line, bytes, taken, newline != NULL, now);
        } else {
            memcpy(line->bytes + line->length, bytes, taken);
            line->length += taken;
        }
        taken += newline != NULL;
        bytes += taken;
        length -= taken;
    }
    flush();
}

void log_end(void) {
    for (int i = 0; i < 2 && is_open; i++)
        if (lines[i].length > 0)
            record_line(&lines[i], lines[i].bytes, 0, false, timestamp_now());
    flush();
}
