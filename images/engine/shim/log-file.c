#include "log-file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "append.h"

static const char *path;
static uint64_t limit, size;
static unsigned files;
static int fd = -1;

static int open_file(int flags) {
    struct stat status;
    int opened = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | flags, 0640);
    if (opened < 0)
        return -errno;
    size = fstat(opened, &status) == 0 ? (uint64_t)status.st_size : 0;
    if (fd >= 0)
        close(fd);
    fd = opened;
    return 0;
}

int log_file_open(const char *name, uint64_t most, unsigned count) {
    // Longer ones have no room for their number.
    if (strlen(name) >= PATH_MAX - 16)
        return -ENAMETOOLONG;
    path = name;
    limit = most;
    files = count;
    return open_file(0);
}

int log_file_is_full(size_t pending) {
    return limit > 0 && size + pending >= limit;
}

// NAME for 0.
static const char *numbered(char buffer[PATH_MAX], unsigned number) {
    char *end = append_text(buffer, path);
    if (number > 0) {
        *end++ = '.';
        end = append_number(end, number);
    }
    *end = '\0';
    return buffer;
}

int log_file_replace(void) {
    static char from[PATH_MAX], to[PATH_MAX];
    for (unsigned number = files - 1; number > 0; number--)
        if (rename(numbered(from, number - 1), numbered(to, number)) < 0 && errno != ENOENT)
            return -errno;
    return open_file(O_TRUNC);
}

int log_file_append(const void *bytes, size_t length) {
    if (fd < 0)
        return -EBADF;
    ssize_t written = write(fd, bytes, length);
    if (written == (ssize_t)length) {
        size += length;
        return 0;
    }
    int error = written < 0 ? -errno : -ENOSPC;
    // Half a record would spoil the next one.
    if (written > 0 && ftruncate(fd, (off_t)size) < 0)
        size += (uint64_t)written;
    return error;
}
