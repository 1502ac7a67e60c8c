#ifndef SETTINGS_H
#define SETTINGS_H

/* What the kernel command line asks of init: twinhull.profile=, .hostname=, .address= (CIDR), .gateway=. */
struct settings {
    char profile[32];
    char hostname[64];
    char address[20];
    char gateway[16];
};

/* Fills in defaults, then what stands in `command_line`. Values that are too long, or hold a quote or a backslash, are left out. */
void settings_parse(const char *command_line, struct settings *settings);

/* Reads /proc/cmdline. */
int settings_load(struct settings *settings);

#endif
