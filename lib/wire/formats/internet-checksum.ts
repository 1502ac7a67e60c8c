// RFC 1071: Computing the Internet Checksum
import type { Ipv4Address } from './addresses';

/**
 * One's complement sum of 16-bit words, not folded: 2^16 is 1 in that arithmetic, so whole 32-bit words may be added.
 * Exact up to 8 MiB, because a double holds 53 bits.
 */
export function sumOf(bytes: Uint8Array, initial = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.length & ~3;
  let sum = initial;
  for (let at = 0; at < whole; at += 4) sum += view.getUint32(at);
  let shift = 24;
  for (let at = whole; at < bytes.length; at += 1, shift -= 8) sum += view.getUint8(at) * 2 ** shift;
  return sum;
}

/** Brings a sum down to 16 bits. */
export function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x1_0000) + Math.floor(folded / 0x1_0000);
  return folded;
}

/** What goes into a checksum field that was zero while the bytes were summed. Zero bytes with a right one give 0. */
export function internetChecksum(bytes: Uint8Array, initial = 0): number {
  return fold(sumOf(bytes, initial)) ^ 0xffff;
}

/** The sum of the pseudo header that TCP and UDP put before their segment (RFC 9293, 3.1; RFC 768). */
export function pseudoHeaderSum(
  source: Ipv4Address,
  destination: Ipv4Address,
  protocol: number,
  length: number,
): number {
  return source + destination + protocol + length;
}

/** The checksum of a TCP or UDP segment whose own field is zero; 0 for one whose field is right. */
export function transportChecksum(
  source: Ipv4Address,
  destination: Ipv4Address,
  protocol: number,
  segment: Uint8Array,
): number {
  return internetChecksum(segment, pseudoHeaderSum(source, destination, protocol, segment.length));
}
