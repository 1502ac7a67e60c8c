#include "command.h"

#include <errno.h>
#include <string.h>

// One of the line's words; words are separated by single spaces.
struct word {
    const char *at;
    size_t length;
};

struct line {
    const char *at, *end;
};

static bool next_word(struct line *line, struct word *word) {
    if (line->at > line->end)
        return false;
    const char *space = memchr(line->at, ' ', (size_t)(line->end - line->at));
    const char *end = space != NULL ? space : line->end;
    *word = (struct word){line->at, (size_t)(end - line->at)};
    line->at = end + 1;
    return true;
}

static bool is(const struct word *word, const char *text) {
    return word->length == strlen(text) && memcmp(word->at, text, word->length) == 0;
}

static int read_size(struct line *line, unsigned short *size) {
    struct word word;
    unsigned long number = 0;
    if (!next_word(line, &word) || word.length == 0 || word.length > 5)
        return -EPROTO;
    for (size_t i = 0; i < word.length; i++) {
        if (word.at[i] < '0' || word.at[i] > '9')
            return -EPROTO;
        number = number * 10 + (unsigned long)(word.at[i] - '0');
    }
    if (number > 65535)
        return -EPROTO;
    *size = (unsigned short)number;
    return 0;
}

static int read_sizes(struct line *line, struct command *command) {
    int error = read_size(line, &command->rows);
    return error < 0 ? error : read_size(line, &command->columns);
}

static int read_streams(struct line *line, struct command *command) {
    static const char *const names[] = {"stdin", "stdout", "stderr"};
    struct word word;
    while (next_word(line, &word)) {
        int stream = 0;
        while (stream < 3 && !is(&word, names[stream]))
            stream++;
        if (stream == 3 || command->streams[stream])
            return -EPROTO;
        command->streams[stream] = true;
    }
    return 0;
}

int command_parse(const char *text, size_t length, struct command *out) {
    static const char *const names[] = {
        [COMMAND_CONTROL] = "control", [COMMAND_ATTACH] = "attach",           [COMMAND_START] = "start",
        [COMMAND_RESIZE] = "resize",   [COMMAND_CLOSE_STDIN] = "close-stdin", [COMMAND_QUIT] = "quit",
    };
    struct line line = {text, text + length};
    struct word verb, extra;
    struct command command = {0};
    size_t kind = 0, count = sizeof names / sizeof names[0];
    if (!next_word(&line, &verb))
        return -EPROTO;
    while (kind < count && !is(&verb, names[kind]))
        kind++;
    if (kind == count)
        return -EPROTO;
    command.kind = (enum command_kind)kind;
    int error = 0;
    if (command.kind == COMMAND_RESIZE)
        error = read_sizes(&line, &command);
    if (command.kind == COMMAND_ATTACH)
        error = read_streams(&line, &command);
    if (error < 0)
        return error;
    if (next_word(&line, &extra))
        return -EPROTO;
    *out = command;
    return 0;
}
