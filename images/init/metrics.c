#include "metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <time.h>

#include "descriptor.h"
#include "outbox.h"

/* sysinfo(2) does not know it. */
static unsigned long long available_bytes(void)
{
    char text[1024];
    SCOPED_FD fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

    if (length < 0)
        return 0;
    text[length] = '\0';
    const char *line = strstr(text, "MemAvailable:");
    return line == NULL ? 0 : strtoull(line + strlen("MemAvailable:"), NULL, 10) * 1024;
}

static double load(const struct sysinfo *info, int which)
{
    return (double)info->loads[which] / (1 << SI_LOAD_SHIFT);
}

static int metrics_open(struct channel *channel, struct reader *parameters, const char **code)
{
    struct sysinfo info;
    struct timespec up;

    if (!reader_finished(parameters))
        return -EPROTO;
    *code = "metrics-failed";
    if (sysinfo(&info) != 0 || clock_gettime(CLOCK_BOOTTIME, &up) != 0)
        return -errno;
    return outbox_send_json(FRAME_DATA, channel->id,
                            "{\"uptimeMs\":%lld,\"memoryTotal\":%llu,\"memoryFree\":%llu,\"memoryAvailable\":%llu,"
                            "\"processes\":%d,\"load\":[%.2f,%.2f,%.2f]}",
                            (long long)up.tv_sec * 1000 + up.tv_nsec / 1000000,
                            (unsigned long long)info.totalram * info.mem_unit,
                            (unsigned long long)info.freeram * info.mem_unit, available_bytes(), info.procs,
                            load(&info, 0), load(&info, 1), load(&info, 2));
}

const struct channel_kind metrics_kind = { .open = metrics_open };
