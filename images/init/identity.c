#include "identity.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "descriptor.h"
#include "network.h"

enum { ENTROPY_MAX = 512 };

int identity_parse(struct reader *parameters, struct identity *identity)
{
    identity->unix_ns = read_uint(parameters, 8);
    identity->entropy_length = (unsigned)read_uint(parameters, 2);
    identity->entropy = read_bytes(parameters, identity->entropy_length);
    identity->hostname = read_string(parameters);
    identity->mac = read_string(parameters);
    identity->address = read_string(parameters);
    return !reader_finished(parameters) || identity->entropy_length > ENTROPY_MAX ? -EPROTO : 0;
}

static int set_clock(uint64_t unix_ns)
{
    struct timespec now = { .tv_sec = (time_t)(unix_ns / 1000000000), .tv_nsec = (long)(unix_ns % 1000000000) };

    return clock_settime(CLOCK_REALTIME, &now) != 0 ? -errno : 0;
}

/* random(4): the bytes are mixed in and counted as random; reseeding makes the next read depend on them. */
static int reseed(const struct identity *identity)
{
    _Alignas(struct rand_pool_info) uint8_t space[sizeof(struct rand_pool_info) + ENTROPY_MAX];
    struct rand_pool_info *pool = (struct rand_pool_info *)space;
    SCOPED_FD fd = open("/dev/urandom", O_RDWR | O_CLOEXEC);

    pool->entropy_count = (int)identity->entropy_length * 8;
    pool->buf_size = (int)identity->entropy_length;
    memcpy(pool->buf, identity->entropy, identity->entropy_length);
    return fd < 0 || ioctl(fd, RNDADDENTROPY, pool) != 0 || ioctl(fd, RNDRESEEDCRNG) != 0 ? -errno : 0;
}

static int set_mac(const char *text)
{
    unsigned part[6];
    uint8_t mac[6];
    int used = 0;

    if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &part[0], &part[1], &part[2], &part[3], &part[4], &part[5], &used) !=
            6 ||
        text[used] != '\0')
        return -EINVAL;
    for (int i = 0; i < 6; i++)
        mac[i] = (uint8_t)part[i];
    return network_mac("eth0", mac);
}

static int identity_open(struct channel *channel, struct reader *parameters, const char **code)
{
    struct identity identity;
    int error = identity_parse(parameters, &identity);

    (void)channel;
    if (error != 0)
        return error;
    *code = "clock-failed";
    if ((error = set_clock(identity.unix_ns)) != 0)
        return error;
    *code = "entropy-failed";
    if (identity.entropy_length > 0 && (error = reseed(&identity)) != 0)
        return error;
    *code = "hostname-failed";
    if (identity.hostname[0] != '\0' && sethostname(identity.hostname, strlen(identity.hostname)) != 0)
        return -errno;
    *code = "mac-failed";
    if (identity.mac[0] != '\0' && (error = set_mac(identity.mac)) != 0)
        return error;
    *code = "address-failed";
    return identity.address[0] != '\0' ? network_address("eth0", identity.address) : 0;
}

const struct channel_kind identity_kind = { .open = identity_open };
