#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void report(const char *format, ...)
{
    char line[256] = "twinhull: ";
    size_t start = strlen(line);
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(line + start, sizeof line - start - 1, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;

    size_t end = start + (size_t)length;
    if (end > sizeof line - 2)
        end = sizeof line - 2;
    line[end] = '\n';
    /* Nobody is left to tell when the console itself fails. */
    ssize_t ignored = write(STDERR_FILENO, line, end + 1);
    (void)ignored;
}

void report_failure(const char *what, int error)
{
    report("%s: %s", what, strerror(-error));
}
