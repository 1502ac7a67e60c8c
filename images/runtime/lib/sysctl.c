#include "sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>

#include "mounts.h"
#include "scope.h"
#include "sys.h"
#include "trace.h"

// "net.ipv4.ip_forward" or "net/ipv4/conf/eth0.100/forwarding": the first separator tells which one is meant.
static void to_path(const char *name, char *path, size_t size) {
    snprintf(path, size, "sys/%s", name);
    size_t first = strcspn(name, "./");
    for (char *c = path; name[first] == '.' && *c != '\0'; c++)
        if (*c == '.' || *c == '/')
            *c = *c == '.' ? '/' : '.';
    path[strlen("sys")] = '/';
}

int sysctls_set(const struct config *config, struct error *error) {
    if (config->sysctls.count == 0)
        return 0;
    trace_step("sysctl");
    // A procfs of this process's own that is mounted nowhere: no image and no other container can have put
    // something in its way (CVE-2025-52881).
    owned_fd proc = mount_new("proc", "proc", NULL, 0, error);
    if (proc < 0)
        return within(error, proc, "linux.sysctl");
    for (size_t i = 0; i < config->sysctls.count; i++) {
        const struct pair *sysctl = &config->sysctls.items[i];
        char path[512];
        to_path(sysctl->name, path, sizeof path);
        owned_fd fd =
            sys_openat2(proc, path, O_WRONLY, RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
        const char *value = sysctl->value != NULL ? sysctl->value : "";
        ssize_t written = fd < 0 ? fd : traced("write", value, write(fd, value, strlen(value)));
        if (written < 0)
            return fail_sys(error, (int)written, "linux.sysctl.%s: cannot set \"%s\"", sysctl->name, value);
    }
    return 0;
}
