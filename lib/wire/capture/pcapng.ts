// https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html
import type { CaptureLimits, Packet } from './capture';

const sectionHeaderBlock = 0x0a0d0d0a;
const interfaceDescriptionBlock = 1;
const interfaceStatisticsBlock = 5;
const enhancedPacketBlock = 6;
const byteOrderMagic = 0x1a2b3c4d;
const linkTypeEthernet = 1;

const optEndOfOpt = 0;
const optComment = 1;
const shbUserAppl = 4;
const ifName = 2;
const ifDescription = 3;
const ifTsresol = 9;
const epbFlags = 2;
const isbIfrecv = 4;
const isbIfdrop = 5;

/** Timestamps in nanoseconds: 10^-9 s. */
const nanoseconds = 9;
const flags = { in: 1, out: 2 } as const;

export interface CapturePoint {
  /** As Wireshark shows it in its column "Interface name". */
  name: string;
  description?: string;
  /** Frames that passed here, and those of them that are not in the file. */
  statistics?: { received: number; dropped: number };
}

export interface PcapngFile {
  points: readonly CapturePoint[];
  packets: readonly (Pick<Packet, 'point' | 'timeNs' | 'bytes' | 'length'> & {
    direction?: Packet['direction'];
    comment?: string;
  })[];
  limits: Pick<CaptureLimits, 'snapBytes'>;
  comment?: string;
}

/** A file that Wireshark opens. Little endian; options in UTF-8. */
export function writePcapng({ points, packets, limits, comment }: PcapngFile): Uint8Array<ArrayBuffer> {
  const blocks: Uint8Array[] = [];
  const header = new Uint8Array(16);
  const view = new DataView(header.buffer);
  view.setUint32(0, byteOrderMagic, true);
  view.setUint16(4, 1, true);
  // The section's length is not stated.
  view.setBigInt64(8, -1n, true);
  blocks.push(block(sectionHeaderBlock, header, [text(optComment, comment), text(shbUserAppl, 'Twinhull')]));
  for (const { name, description } of points) {
    const fields = new Uint8Array(8);
    new DataView(fields.buffer).setUint16(0, linkTypeEthernet, true);
    new DataView(fields.buffer).setUint32(4, limits.snapBytes, true);
    blocks.push(
      block(interfaceDescriptionBlock, fields, [
        text(ifName, name),
        text(ifDescription, description),
        option(ifTsresol, Uint8Array.of(nanoseconds)),
      ]),
    );
  }
  for (const packet of packets) {
    const fields = new Uint8Array(20 + padded(packet.bytes.length));
    const at = new DataView(fields.buffer);
    at.setUint32(0, packet.point, true);
    setTime(at, 4, packet.timeNs);
    at.setUint32(12, packet.bytes.length, true);
    at.setUint32(16, packet.length, true);
    fields.set(packet.bytes, 20);
    blocks.push(
      block(enhancedPacketBlock, fields, [
        text(optComment, packet.comment),
        packet.direction && option(epbFlags, u32(flags[packet.direction])),
      ]),
    );
  }
  const lastNs = packets.at(-1)?.timeNs ?? 0n;
  for (const [number, { statistics }] of points.entries()) {
    if (!statistics) continue;
    const fields = new Uint8Array(12);
    new DataView(fields.buffer).setUint32(0, number, true);
    setTime(new DataView(fields.buffer), 4, lastNs);
    blocks.push(
      block(interfaceStatisticsBlock, fields, [
        option(isbIfrecv, u64(statistics.received)),
        option(isbIfdrop, u64(statistics.dropped)),
      ]),
    );
  }
  return joined(blocks);
}

const padded = (length: number) => (length + 3) & ~3;

function block(type: number, fields: Uint8Array, options: (Uint8Array | undefined)[]): Uint8Array {
  const present = options.filter((one) => one !== undefined);
  if (present.length > 0) present.push(option(optEndOfOpt, new Uint8Array()));
  const body = joined([fields, ...present]);
  const whole = new Uint8Array(body.length + 12);
  const view = new DataView(whole.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, whole.length, true);
  whole.set(body, 8);
  view.setUint32(whole.length - 4, whole.length, true);
  return whole;
}

function option(code: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + padded(value.length));
  new DataView(bytes.buffer).setUint16(0, code, true);
  new DataView(bytes.buffer).setUint16(2, value.length, true);
  bytes.set(value, 4);
  return bytes;
}

/** An option's length is a 16-bit number, and a character has up to four bytes. */
const mostCharacters = 16_000;

function text(code: number, value: string | undefined): Uint8Array | undefined {
  return value === undefined
    ? undefined
    : option(code, new TextEncoder().encode(value.slice(0, mostCharacters)));
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}

/** Upper half first, whatever the byte order. */
function setTime(view: DataView, at: number, timeNs: bigint): void {
  view.setUint32(at, Number(timeNs >> 32n), true);
  view.setUint32(at + 4, Number(timeNs & 0xffffffffn), true);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
