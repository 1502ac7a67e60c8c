// RFC 9293: Transmission Control Protocol; options of RFC 7323 (window scale, timestamps) and RFC 2018 (SACK)
import { type FieldSpan, FieldReader, type Parsed } from './field-reader';
import { transportChecksum } from './internet-checksum';
import { protocols } from './ipv4';
import type { AddressPair } from './udp';

/** Without options. */
export const tcpHeaderBytes = 20;
const maxOptionBytes = 40;

export const tcpFlags = {
  fin: 0x01,
  syn: 0x02,
  rst: 0x04,
  psh: 0x08,
  ack: 0x10,
  urg: 0x20,
  ece: 0x40,
  cwr: 0x80,
} as const;

/** What a receiver has beyond the first gap: sequence numbers `left` up to, not including, `right`. */
export interface SackBlock {
  left: number;
  right: number;
}

export interface TcpOptions {
  maximumSegmentSize?: number;
  /** The shift count. */
  windowScale?: number;
  sackPermitted?: boolean;
  sack?: readonly SackBlock[];
  timestamps?: { value: number; echoReply: number };
}

export interface TcpHeader {
  sourcePort: number;
  destinationPort: number;
  sequenceNumber: number;
  acknowledgmentNumber: number;
  /** Of `tcpFlags`. */
  flags: number;
  /** As sent, not scaled. */
  window: number;
  checksum: number;
  urgentPointer: number;
  options: TcpOptions;
}

const kinds = {
  end: 0,
  noOperation: 1,
  maximumSegmentSize: 2,
  windowScale: 3,
  sackPermitted: 4,
  sack: 5,
  timestamps: 8,
} as const;

/** @param addresses with them, the checksum is verified */
export function parseTcp(bytes: Uint8Array, addresses?: AddressPair, spans?: FieldSpan[]): Parsed<TcpHeader> {
  const reader = new FieldReader(bytes, spans);
  const sourcePort = reader.u16('source port');
  const destinationPort = reader.u16('destination port');
  const sequenceNumber = reader.u32('sequence number');
  const acknowledgmentNumber = reader.u32('acknowledgment number');
  const offsetAndFlags = reader.u16('data offset and flags');
  const window = reader.u16('window');
  const checksum = reader.u16('checksum');
  const urgentPointer = reader.u16('urgent pointer');
  const headerBytes = (offsetAndFlags >> 12) * 4;
  if (headerBytes < tcpHeaderBytes)
    reader.complain('data offset', `says ${headerBytes} bytes, fewer than the fixed fields have`, 12);
  const options: TcpOptions = {};
  if (headerBytes > tcpHeaderBytes) {
    const at = reader.offset;
    const fault = parseOptions(reader.block('options', headerBytes - tcpHeaderBytes), options);
    if (fault) reader.complain(...fault, at);
  }
  if (addresses && !reader.fault) {
    const { source, destination } = addresses;
    if (transportChecksum(source, destination, protocols.tcp, bytes) !== 0)
      reader.complain('checksum', 'does not match the segment', 16);
  }
  return reader.finish({
    sourcePort,
    destinationPort,
    sequenceNumber,
    acknowledgmentNumber,
    flags: offsetAndFlags & 0xff,
    window,
    checksum,
    urgentPointer,
    options,
  });
}

/** Fills `options` as far as the bytes can be read. */
function parseOptions(bytes: Uint8Array, options: TcpOptions): [string, string] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length;) {
    const kind = view.getUint8(at);
    if (kind === kinds.end) return undefined;
    if (kind === kinds.noOperation) {
      at += 1;
      continue;
    }
    const length = at + 1 < bytes.length ? view.getUint8(at + 1) : 0;
    if (length < 2 || at + length > bytes.length)
      return ['option length', `of option ${kind} is ${length}, with ${bytes.length - at} bytes there`];
    if (!parseOption(view, at, kind, length, options))
      return ['option length', `of option ${kind} is ${length}, which it never is`];
    at += length;
  }
  return undefined;
}

/** False for a known option of a wrong length. Unknown ones are skipped, as RFC 9293 (3.1) wants. */
function parseOption(view: DataView, at: number, kind: number, length: number, options: TcpOptions): boolean {
  switch (kind) {
    case kinds.maximumSegmentSize:
      if (length !== 4) return false;
      options.maximumSegmentSize = view.getUint16(at + 2);
      return true;
    case kinds.windowScale:
      if (length !== 3) return false;
      options.windowScale = view.getUint8(at + 2);
      return true;
    case kinds.sackPermitted:
      options.sackPermitted = true;
      return length === 2;
    case kinds.sack: {
      if (length < 10 || (length - 2) % 8 !== 0) return false;
      const blocks: SackBlock[] = [];
      for (let edge = at + 2; edge < at + length; edge += 8)
        blocks.push({ left: view.getUint32(edge), right: view.getUint32(edge + 4) });
      options.sack = blocks;
      return true;
    }
    case kinds.timestamps:
      if (length !== 10) return false;
      options.timestamps = { value: view.getUint32(at + 2), echoReply: view.getUint32(at + 6) };
      return true;
    default:
      return true;
  }
}

/** How many bytes the options take, each padded so that what follows it is aligned. */
export function tcpOptionBytes(options: TcpOptions): number {
  return (
    (options.maximumSegmentSize === undefined ? 0 : 4) +
    (options.windowScale === undefined ? 0 : 4) +
    (options.sackPermitted ? 4 : 0) +
    (options.timestamps ? 12 : 0) +
    (options.sack && options.sack.length > 0 ? 4 + 8 * options.sack.length : 0)
  );
}

function writeOptions(view: DataView, start: number, options: TcpOptions): void {
  const { noOperation } = kinds;
  let at = start;
  if (options.maximumSegmentSize !== undefined) {
    view.setUint16(at, (kinds.maximumSegmentSize << 8) | 4);
    view.setUint16(at + 2, options.maximumSegmentSize);
    at += 4;
  }
  if (options.windowScale !== undefined) {
    view.setUint32(at, (noOperation << 24) | (kinds.windowScale << 16) | (3 << 8) | options.windowScale);
    at += 4;
  }
  if (options.sackPermitted) {
    view.setUint32(at, (noOperation << 24) | (noOperation << 16) | (kinds.sackPermitted << 8) | 2);
    at += 4;
  }
  if (options.timestamps) {
    view.setUint32(at, (noOperation << 24) | (noOperation << 16) | (kinds.timestamps << 8) | 10);
    view.setUint32(at + 4, options.timestamps.value);
    view.setUint32(at + 8, options.timestamps.echoReply);
    at += 12;
  }
  if (options.sack && options.sack.length > 0) {
    const length = 2 + 8 * options.sack.length;
    view.setUint32(at, (noOperation << 24) | (noOperation << 16) | (kinds.sack << 8) | length);
    at += 4;
    for (const { left, right } of options.sack) {
      view.setUint32(at, left);
      view.setUint32(at + 4, right);
      at += 8;
    }
  }
}

/**
 * Writes a header whose checksum field is as given. `into` has room for it at `offset`.
 * @returns where the payload goes
 * @throws RangeError for more than 40 bytes of options
 */
export function writeTcpHeader(into: Uint8Array, offset: number, header: TcpHeader): number {
  const optionBytes = tcpOptionBytes(header.options);
  if (optionBytes > maxOptionBytes) throw new RangeError(`TCP options of ${optionBytes} bytes; 40 fit`);
  const headerBytes = tcpHeaderBytes + optionBytes;
  const view = new DataView(into.buffer, into.byteOffset + offset, headerBytes);
  view.setUint16(0, header.sourcePort);
  view.setUint16(2, header.destinationPort);
  view.setUint32(4, header.sequenceNumber);
  view.setUint32(8, header.acknowledgmentNumber);
  view.setUint16(12, (headerBytes << 10) | header.flags);
  view.setUint16(14, header.window);
  view.setUint16(16, header.checksum);
  view.setUint16(18, header.urgentPointer);
  if (optionBytes > 0) writeOptions(view, tcpHeaderBytes, header.options);
  return offset + headerBytes;
}

/** A whole segment with its checksum. */
export function writeTcp(
  header: Omit<TcpHeader, 'checksum'>,
  payload: Uint8Array,
  { source, destination }: AddressPair,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(tcpHeaderBytes + tcpOptionBytes(header.options) + payload.length);
  bytes.set(payload, writeTcpHeader(bytes, 0, { ...header, checksum: 0 }));
  new DataView(bytes.buffer).setUint16(16, transportChecksum(source, destination, protocols.tcp, bytes));
  return bytes;
}
