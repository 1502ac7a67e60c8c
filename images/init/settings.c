#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "descriptor.h"

static void take(const char *word, size_t length, const char *key, char *value, size_t size)
{
    size_t key_length = strlen(key);

    if (length <= key_length || memcmp(word, key, key_length) != 0 || length - key_length >= size)
        return;
    /* They become part of JSON texts. */
    if (memchr(word, '"', length) != NULL || memchr(word, '\\', length) != NULL)
        return;
    memcpy(value, word + key_length, length - key_length);
    value[length - key_length] = '\0';
}

void settings_parse(const char *command_line, struct settings *settings)
{
    *settings = (struct settings){ .profile = "host" };

    for (const char *word = command_line; *word != '\0';) {
        size_t length = strcspn(word, " \n");
        take(word, length, "twinhull.profile=", settings->profile, sizeof settings->profile);
        take(word, length, "twinhull.hostname=", settings->hostname, sizeof settings->hostname);
        take(word, length, "twinhull.address=", settings->address, sizeof settings->address);
        take(word, length, "twinhull.gateway=", settings->gateway, sizeof settings->gateway);
        word += length;
        word += strspn(word, " \n");
    }
    if (settings->hostname[0] == '\0')
        memcpy(settings->hostname, settings->profile, sizeof settings->profile);
}

int settings_load(struct settings *settings)
{
    char text[2048];
    SCOPED_FD fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

    text[length < 0 ? 0 : length] = '\0';
    settings_parse(text, settings);
    return length < 0 ? -errno : 0;
}
