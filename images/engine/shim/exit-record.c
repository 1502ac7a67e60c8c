#include "exit-record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "append.h"

static const char name[] = "exit", unfinished[] = "exit.new";

int exit_record_write(int status, int64_t unix_ns) {
    char text[32], *end = append_number(text, (uint64_t)status);
    *end++ = ' ';
    end = append_number(end, (uint64_t)unix_ns);
    *end++ = '\n';
    int fd = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t written = fd < 0 ? -1 : write(fd, text, (size_t)(end - text));
    int error = written < 0 ? -errno : written < end - text ? -ENOSPC : 0;
    if (fd >= 0)
        close(fd);
    if (error == 0 && rename(unfinished, name) < 0)
        error = -errno;
    return error;
}

void exit_record_forget(void) {
    unlink(name);
}
