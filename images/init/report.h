#ifndef REPORT_H
#define REPORT_H

/*
 * One line on the serial console: "twinhull: ...". The machine watches these lines to see boot phases, so
 * their words are an interface: see PROTOCOL.md.
 */
__attribute__((format(printf, 1, 2))) void report(const char *format, ...);

/* The same with the reason that errno-style `error` (negative) stands for. */
void report_failure(const char *what, int error);

#endif
