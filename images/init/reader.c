#include "reader.h"

#include <string.h>

const uint8_t *read_bytes(struct reader *reader, size_t length)
{
    const uint8_t *bytes = reader->at;

    if ((size_t)(reader->end - reader->at) < length) {
        reader->failed = true;
        reader->at = reader->end;
        return NULL;
    }
    reader->at += length;
    return bytes;
}

uint64_t read_uint(struct reader *reader, int bytes)
{
    const uint8_t *field = read_bytes(reader, (size_t)bytes);
    uint64_t value = 0;

    for (int i = 0; field != NULL && i < bytes; i++)
        value |= (uint64_t)field[i] << 8 * i;
    return value;
}

const char *read_string(struct reader *reader)
{
    const uint8_t *nul = reader->at == reader->end ? NULL : memchr(reader->at, 0, (size_t)(reader->end - reader->at));

    if (nul == NULL) {
        reader->failed = true;
        reader->at = reader->end;
        return "";
    }
    const char *string = (const char *)reader->at;
    reader->at = nul + 1;
    return string;
}

bool reader_finished(const struct reader *reader)
{
    return !reader->failed && reader->at == reader->end;
}
