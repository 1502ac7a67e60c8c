#ifndef PCAPNG_H
#define PCAPNG_H

#include <stddef.h>
#include <stdint.h>

/* The largest IP packet with Ethernet header and two tags. */
enum { FRAME_MAX = 65535 + 22 };


/* Blocks are collected and leave together. */
int pcapng_flush(void);

int pcapng_begin(void);
int pcapng_link(const char *name);

/*
 * Where the bytes of the next packet go, FRAME_MAX at most; NULL when what was collected before could not be written.
 * pcapng_packet makes a block of them.
 */
uint8_t *pcapng_room(void);
void pcapng_packet(unsigned link, uint64_t time_ns, int is_outgoing, uint32_t kept, uint32_t length);

/* How many packets a link has shown, and how many of them were lost, until this time. */
int pcapng_statistics(unsigned link, uint64_t time_ns, uint64_t received, uint64_t dropped);

#endif
