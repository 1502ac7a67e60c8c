#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "scope.h"
#include "sys.h"

int file_read(struct arena *arena, int directory, const char *path, size_t limit, struct text *out,
              struct error *error) {
    owned_fd fd = sys_openat(directory, path, O_RDONLY | O_NONBLOCK, 0);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) < 0)
        return fail_sys(error, fd < 0 ? fd : -errno, "cannot read %s", path);
    if (!S_ISREG(status.st_mode))
        return fail(error, EINVAL, "%s is not a regular file", path);
    if ((uint64_t)status.st_size > limit)
        return fail(error, EFBIG, "%s is larger than %zu bytes", path, limit);
    size_t size = (size_t)status.st_size, length = 0;
    char *bytes = arena_alloc(arena, size + 1);
    for (ssize_t count; length < size && (count = read(fd, bytes + length, size - length)) != 0;
         length += (size_t)count)
        if (count < 0)
            return fail_sys(error, -errno, "cannot read %s", path);
    *out = (struct text){bytes, length};
    return 0;
}

int file_write(int directory, const char *path, const char *bytes, size_t length, struct error *error) {
    char temporary[280];
    snprintf(temporary, sizeof temporary, ".%s.%d", path, (int)getpid());
    owned_fd fd = sys_openat(directory, temporary, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0)
        return fail_sys(error, fd, "cannot write %s", path);
    ssize_t written = write(fd, bytes, length);
    int result = written < 0 ? -errno : (size_t)written < length ? -ENOSPC : 0;
    if (result == 0 && renameat(directory, temporary, directory, path) < 0)
        result = -errno;
    if (result < 0)
        unlinkat(directory, temporary, 0);
    return result < 0 ? fail_sys(error, result, "cannot write %s", path) : 0;
}
