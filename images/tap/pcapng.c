/* https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html; in this computer's byte order, which is little endian */
#include "pcapng.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
    SECTION_HEADER = 0x0a0d0d0a,
    INTERFACE_DESCRIPTION = 1,
    INTERFACE_STATISTICS = 5,
    ENHANCED_PACKET = 6,
    BYTE_ORDER_MAGIC = 0x1a2b3c4d,
    LINKTYPE_ETHERNET = 1,
    IF_NAME = 2,
    IF_TSRESOL = 9,
    EPB_FLAGS = 2,
    ISB_IFRECV = 4,
    ISB_IFDROP = 5,
    INBOUND = 1,
    OUTBOUND = 2,
    NANOSECONDS = 9,
};

/* Before a packet's bytes: type, length, link, time (8), kept, length. */
enum { PACKET_HEADER = 28, PACKET_REST = 3 + 8 + 4 + 4, OTHER_BLOCK_MAX = 512 };

static uint8_t collected[256 * 1024];
static size_t used;
static size_t block;

static void put16(uint16_t value)
{
    memcpy(collected + used, &value, 2);
    used += 2;
}

static void put32(uint32_t value)
{
    memcpy(collected + used, &value, 4);
    used += 4;
}

static void put64(uint64_t value)
{
    memcpy(collected + used, &value, 8);
    used += 8;
}

/* Times have their upper half first, whatever the byte order. */
static void put_time(uint64_t ns)
{
    put32((uint32_t)(ns >> 32));
    put32((uint32_t)ns);
}

static void pad(void)
{
    while (used % 4 != 0)
        collected[used++] = 0;
}

static void put_option(uint16_t code, const void *value, uint16_t length)
{
    put16(code);
    put16(length);
    memcpy(collected + used, value, length);
    used += length;
    pad();
}

static void begin_block(uint32_t type)
{
    block = used;
    put32(type);
    put32(0);
}

static void end_block(void)
{
    uint32_t length = (uint32_t)(used - block) + 4;

    put32(length);
    memcpy(collected + block + 4, &length, 4);
}

int pcapng_flush(void)
{
    size_t written = 0;

    while (written < used) {
        ssize_t count = write(STDOUT_FILENO, collected + written, used - written);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -1;
        written += (size_t)count;
    }
    used = 0;
    return 0;
}

static int make_room(size_t bytes)
{
    return used + bytes <= sizeof collected ? 0 : pcapng_flush();
}

int pcapng_begin(void)
{
    if (make_room(OTHER_BLOCK_MAX) != 0)
        return -1;
    begin_block(SECTION_HEADER);
    put32(BYTE_ORDER_MAGIC);
    put16(1);
    put16(0);
    /* The section's length is not stated. */
    put64(UINT64_MAX);
    end_block();
    return 0;
}

int pcapng_link(const char *name)
{
    const uint8_t resolution = NANOSECONDS;
    size_t length = strlen(name);

    if (make_room(OTHER_BLOCK_MAX) != 0)
        return -1;
    begin_block(INTERFACE_DESCRIPTION);
    put16(LINKTYPE_ETHERNET);
    put16(0);
    put32(FRAME_MAX);
    put_option(IF_NAME, name, (uint16_t)(length < 256 ? length : 256));
    put_option(IF_TSRESOL, &resolution, 1);
    put32(0);
    end_block();
    return 0;
}

uint8_t *pcapng_room(void)
{
    if (make_room(PACKET_HEADER + FRAME_MAX + PACKET_REST) != 0)
        return NULL;
    return collected + used + PACKET_HEADER;
}

void pcapng_packet(unsigned link, uint64_t time_ns, int is_outgoing, uint32_t kept, uint32_t length)
{
    uint32_t direction = is_outgoing ? OUTBOUND : INBOUND;

    begin_block(ENHANCED_PACKET);
    put32(link);
    put_time(time_ns);
    put32(kept);
    put32(length);
    used += kept;
    pad();
    put_option(EPB_FLAGS, &direction, 4);
    put32(0);
    end_block();
}

int pcapng_statistics(unsigned link, uint64_t time_ns, uint64_t received, uint64_t dropped)
{
    if (make_room(OTHER_BLOCK_MAX) != 0)
        return -1;
    begin_block(INTERFACE_STATISTICS);
    put32(link);
    put_time(time_ns);
    put_option(ISB_IFRECV, &received, 8);
    put_option(ISB_IFDROP, &dropped, 8);
    put32(0);
    end_block();
    return 0;
}
