// https://docs.kernel.org/networking/segmentation-offloads.html: what Linux's GSO does, for frames that leave for where it cannot be left undone
import { fold, sumOf } from './formats/internet-checksum';
import type { Frame, FrameSink, Offloads } from './frame';
import {
  csumOffsetAt,
  csumStartAt,
  flagNeedsCsum,
  flagsAt,
  gsoEcn,
  gsoNone,
  gsoSizeAt,
  gsoTcp4,
  gsoTcp6,
  gsoTypeAt,
  gsoUdp,
  gsoVxlan,
  headerBytes,
  read16le,
} from './frame-header';

/** What the largest packet gives with the smallest segments that Linux allows (`tcp_min_snd_mss`). More is an attack. */
const mostSegments = Math.ceil(65535 / 48);

const tcpFin = 0x01;
const tcpPsh = 0x08;
const tcpCwr = 0x80;

const read16 = (bytes: Uint8Array, at: number) => ((bytes[at] as number) << 8) | (bytes[at + 1] as number);

function write16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value;
}

const sumWords = (bytes: Uint8Array, from: number, to: number) => sumOf(bytes.subarray(from, to));

/** The checksum for a sum. Zero is sent as its other form, as in UDP zero would mean that there is none. */
const checksumOf = (sum: number) => fold(sum) ^ 0xffff || 0xffff;

/** Ethernet, IP and transport headers of a superframe together, from the frame's beginning; 0 when they are not whole. */
function headersOf(frame: Frame): number {
  const transport = headerBytes + read16le(frame, csumStartAt);
  const udp = frame[gsoTypeAt] === gsoUdp;
  if (transport + (udp ? 8 : 20) > frame.length) return 0;
  const end = transport + (udp ? 8 : ((frame[transport + 12] as number) >> 4) * 4);
  return end >= transport + (udp ? 8 : 20) && end <= frame.length ? end : 0;
}

export function isSuperframe(frame: Frame): boolean {
  return frame[gsoTypeAt] !== gsoNone;
}

/** How many frames a cable would carry for this one; 0 for a superframe that cannot be cut. */
export function segmentsOf(frame: Frame): number {
  if (frame[gsoTypeAt] === gsoNone) return 1;
  const headers = headersOf(frame);
  const size = read16le(frame, gsoSizeAt);
  if (headers === 0 || size === 0) return 0;
  const segments = Math.max(1, Math.ceil((frame.length - headers) / size));
  return segments > mostSegments ? 0 : segments;
}

/** Bytes that a cable would carry for this frame as so many segments, each with its headers; without virtio headers. */
export function bytesOf(frame: Frame, segments: number): number {
  if (frame[gsoTypeAt] === gsoNone) return frame.length - headerBytes;
  return frame.length - headerBytes + (segments - 1) * (headersOf(frame) - headerBytes);
}

/** Length of the longest frame that a cable would carry for this one, without the virtio header. */
export function longestSegmentOf(frame: Frame): number {
  if (frame[gsoTypeAt] === gsoNone) return frame.length - headerBytes;
  return Math.min(frame.length, headersOf(frame) + read16le(frame, gsoSizeAt)) - headerBytes;
}

/** Whether who takes these can have this frame as it is. */
export function isTakenBy(offloads: Offloads, frame: Frame): boolean {
  if (((frame[flagsAt] as number) & flagNeedsCsum) !== 0 && !offloads.checksum) return false;
  switch ((frame[gsoTypeAt] as number) & ~gsoEcn) {
    case gsoNone:
      return true;
    case gsoTcp4:
      return offloads.tcp4;
    case gsoTcp4 | gsoVxlan:
      return offloads.vxlan;
    case gsoTcp6:
      return offloads.tcp6;
    case gsoUdp:
      return offloads.udp;
    default:
      return false;
  }
}

/**
 * Emits what a cable would carry for this frame: itself with its checksum filled in, or its segments. They are complete.
 * False, and nothing emitted, when its virtio header does not fit the bytes behind it.
 */
export function emitComplete(frame: Frame, emit: FrameSink): boolean {
  if (frame[gsoTypeAt] === gsoNone) {
    if (!fillChecksum(frame)) return false;
    emit(frame);
    return true;
  }
  if (((frame[gsoTypeAt] as number) & gsoVxlan) === 0) return cut(frame, emit);
  const outer = networkOf(frame, 4);
  const inner = outer === 0 ? 0 : innerNetworkOf(frame, outer);
  let index = 0;
  return inner !== 0 && cut(frame, (segment) => emit(finishOuter(segment, outer, index++)), inner);
}

/** Does what `NEEDS_CSUM` asks for, in place. */
function fillChecksum(frame: Frame): boolean {
  if (((frame[flagsAt] as number) & flagNeedsCsum) === 0) return true;
  const start = headerBytes + read16le(frame, csumStartAt);
  const at = start + read16le(frame, csumOffsetAt);
  if (at + 2 > frame.length) return false;
  // The field holds the pseudo header's sum, and is summed with the rest.
  write16(frame, at, checksumOf(sumWords(frame, start, frame.length)));
  frame.fill(0, 0, headerBytes);
  return true;
}

/** Where the IP header begins, behind at most two tags; 0 when there is none of this version. */
function networkOf(frame: Frame, version: 4 | 6): number {
  let at = headerBytes + 12;
  for (let tags = 0; tags < 2 && at + 6 <= frame.length; tags += 1) {
    const type = read16(frame, at);
    if (type !== 0x8100 && type !== 0x88a8) break;
    at += 4;
  }
  const network = at + 2;
  if (network + (version === 4 ? 20 : 40) > frame.length) return 0;
  return (frame[network] as number) >> 4 === version ? network : 0;
}

/** UDP, VXLAN and Ethernet headers. */
const udpBytes = 8;
const vxlanBytes = udpBytes + 8 + 14;

/** Where the IPv4 header in VXLAN begins; 0 when there is none. */
function innerNetworkOf(frame: Frame, outer: number): number {
  const inner = outer + ((frame[outer] as number) & 15) * 4 + vxlanBytes;
  if (frame[outer + 9] !== 17 || inner < outer + 20 + vxlanBytes || inner + 20 > frame.length) return 0;
  return read16(frame, inner - 2) === 0x0800 && (frame[inner] as number) >> 4 === 4 ? inner : 0;
}

/** Lengths and checksums of what is around a segment that is otherwise complete. */
function finishOuter(segment: Frame, outer: number, index: number): Frame {
  const udp = outer + ((segment[outer] as number) & 15) * 4;
  write16(segment, outer + 2, segment.length - outer);
  write16(segment, outer + 4, read16(segment, outer + 4) + index);
  write16(segment, outer + 10, 0);
  write16(segment, outer + 10, checksumOf(sumWords(segment, outer, udp)));
  const length = segment.length - udp;
  write16(segment, udp + 4, length);
  // Zero means that there is none, as senders of VXLAN may choose.
  if (read16(segment, udp + 6) !== 0) {
    write16(segment, udp + 6, 0);
    const pseudo = sumWords(segment, outer + 12, outer + 20) + 17 + length;
    write16(segment, udp + 6, checksumOf(pseudo + sumWords(segment, udp, segment.length)));
  }
  return segment;
}

/** @param inner where the IPv4 header begins whose packet is cut, when it is not the first */
function cut(frame: Frame, emit: FrameSink, inner = 0): boolean {
  const type = (frame[gsoTypeAt] as number) & ~(inner === 0 ? gsoEcn : gsoEcn | gsoVxlan);
  if (type !== gsoTcp4 && (inner !== 0 || (type !== gsoTcp6 && type !== gsoUdp))) return false;
  const udp = type === gsoUdp;
  const headers = headersOf(frame);
  const size = read16le(frame, gsoSizeAt);
  const segments = segmentsOf(frame);
  const network4 = inner || (type === gsoTcp6 ? 0 : networkOf(frame, 4));
  const network = network4 || (type === gsoTcp4 ? 0 : networkOf(frame, 6));
  const transport = headerBytes + read16le(frame, csumStartAt);
  if (segments === 0 || network === 0 || transport < network + (network4 ? 20 : 40)) return false;
  if (network4 && transport !== network + ((frame[network] as number) & 15) * 4) return false;

  const checksumAt = transport + (udp ? 6 : 16);
  const addresses = network4
    ? sumWords(frame, network + 12, network + 20)
    : sumWords(frame, network + 8, network + 40);
  const pseudo = addresses + (udp ? 17 : 6);
  const sequence = udp ? 0 : read16(frame, transport + 4) * 0x10000 + read16(frame, transport + 6);

  for (let index = 0; index < segments; index += 1) {
    const from = headers + index * size;
    const to = Math.min(frame.length, from + size);
    const segment = new Uint8Array(headers + to - from);
    segment.set(frame.subarray(headerBytes, headers), headerBytes);
    segment.set(frame.subarray(from, to), headers);
    if (network4) {
      write16(segment, network + 2, segment.length - network);
      write16(segment, network + 4, read16(frame, network + 4) + index);
      write16(segment, network + 10, 0);
      write16(segment, network + 10, checksumOf(sumWords(segment, network, transport)));
    } else {
      write16(segment, network + 4, segment.length - network - 40);
    }
    if (udp) {
      write16(segment, transport + 4, segment.length - transport);
    } else {
      const ownSequence = sequence + index * size;
      write16(segment, transport + 4, ownSequence >>> 16);
      write16(segment, transport + 6, ownSequence);
      let flags = segment[transport + 13] as number;
      if (index < segments - 1) flags &= ~(tcpFin | tcpPsh);
      if (index > 0) flags &= ~tcpCwr;
      segment[transport + 13] = flags;
    }
    write16(segment, checksumAt, 0);
    const length = segment.length - transport;
    write16(segment, checksumAt, checksumOf(pseudo + length + sumWords(segment, transport, segment.length)));
    emit(segment);
  }
  return true;
}
