// https://docs.oasis-open.org/virtio/virtio/v1.2/csd01/virtio-v1.2-csd01.html#x1-2370006 (5.1.6, virtio_net_hdr)
import type { Frame } from './frame';

/** Of `virtio_net_hdr_v1`, which stands before every frame. Multi-byte fields are little endian, unlike the frame's. */
export const headerBytes = 12;

export const flagsAt = 0;
export const gsoTypeAt = 1;
/** Ethernet, IP and TCP or UDP headers together. A hint: who cuts a superframe looks at the headers themselves. */
export const hdrLenAt = 2;
/** Payload bytes of each segment. */
export const gsoSizeAt = 4;
/** Where to begin summing, from the beginning of the Ethernet frame. */
export const csumStartAt = 6;
/** Where the sum goes, from `csum_start`. */
export const csumOffsetAt = 8;
/** Only in a guest's receive queue; zero elsewhere. */
export const numBuffersAt = 10;

/** The checksum field holds the sum of the pseudo header; the rest is left to do. */
export const flagNeedsCsum = 1;
/** The sender of these bytes vouches for the checksum. */
export const flagDataValid = 2;

export const gsoNone = 0;
export const gsoTcp4 = 1;
export const gsoTcp6 = 4;
export const gsoUdp = 5;
/**
 * Beside `gsoTcp4`: the packet is in VXLAN over IPv4, and each segment is to be. Where the inner headers begin follows from
 * the outer ones. The value is VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4 of virtio 1.4, whose longer header this does without.
 */
export const gsoVxlan = 0x20;
/** Beside a TCP type: the segments after the first must not repeat CWR. */
export const gsoEcn = 0x80;

/** Header, addresses and type: the least that is a frame. Cards of virtual machines do not pad to 60 bytes. */
export const leastFrameBytes = headerBytes + 14;
/** Header, Ethernet header with a tag, and the largest IP packet. */
export const mostFrameBytes = headerBytes + 18 + 65535;

export const read16le = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) | ((bytes[at + 1] as number) << 8);

export function write16le(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >> 8;
}

/** A complete frame of these Ethernet bytes, in a buffer of its own. */
export function frameOf(ethernet: Uint8Array): Frame {
  const frame = new Uint8Array(headerBytes + ethernet.length);
  frame.set(ethernet, headerBytes);
  return frame;
}

/** The Ethernet bytes of a frame, not copied. */
export function ethernetOf(frame: Frame): Uint8Array<ArrayBuffer> {
  return frame.subarray(headerBytes);
}
