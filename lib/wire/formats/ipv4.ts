// RFC 791: Internet Protocol
import type { Ipv4Address } from './addresses';
import { type FieldSpan, FieldReader, type Parsed } from './field-reader';
import { internetChecksum } from './internet-checksum';

export const protocols = { icmp: 1, tcp: 6, udp: 17 } as const;

/** Without options. */
export const ipv4HeaderBytes = 20;

export interface Ipv4Header {
  /** Differentiated services code point (RFC 2474). */
  dscp: number;
  /** Explicit congestion notification (RFC 3168). */
  ecn: number;
  /** Header and payload, in bytes. */
  totalLength: number;
  identification: number;
  dontFragment: boolean;
  moreFragments: boolean;
  /** In bytes, not in units of eight. */
  fragmentOffset: number;
  timeToLive: number;
  protocol: number;
  headerChecksum: number;
  source: Ipv4Address;
  destination: Ipv4Address;
  /** As they are, padding included: at most 40 bytes. */
  options: Uint8Array;
}

/** Whoever writes a header leaves lengths and checksums to the writer. */
export type Ipv4Fields = Pick<Ipv4Header, 'protocol' | 'source' | 'destination'> &
  Partial<Omit<Ipv4Header, 'totalLength' | 'headerChecksum'>>;

/** Whether a packet is a part of a larger one: its payload has no transport header of its own, or only the start. */
export function isFragment(header: Pick<Ipv4Header, 'moreFragments' | 'fragmentOffset'>): boolean {
  return header.moreFragments || header.fragmentOffset > 0;
}

const noOptions = new Uint8Array(0);

/** The payload ends where the total length says, so that Ethernet's padding is not part of it. */
export function parseIpv4(bytes: Uint8Array, spans?: FieldSpan[]): Parsed<Ipv4Header> {
  const reader = new FieldReader(bytes, spans);
  const first = reader.u8('version and IHL');
  const headerBytes = (first & 15) * 4;
  if (!reader.fault && first >> 4 !== 4) reader.complain('version', `is ${first >> 4}, not 4`, 0);
  if (headerBytes < ipv4HeaderBytes)
    reader.complain('IHL', `says ${headerBytes} bytes, fewer than the fixed fields have`, 0);
  const service = reader.u8('type of service');
  const totalLength = reader.u16('total length');
  const identification = reader.u16('identification');
  const fragment = reader.u16('flags and fragment offset');
  const timeToLive = reader.u8('time to live');
  const protocol = reader.u8('protocol');
  const headerChecksum = reader.u16('header checksum');
  const source = reader.u32('source address');
  const destination = reader.u32('destination address');
  const options =
    headerBytes > ipv4HeaderBytes ? reader.block('options', headerBytes - ipv4HeaderBytes) : noOptions;
  if (!reader.fault && internetChecksum(bytes.subarray(0, headerBytes)) !== 0)
    reader.complain('header checksum', 'does not match the header', 10);
  if (totalLength < headerBytes || totalLength > bytes.length) {
    const there = bytes.length < totalLength ? `, of which ${bytes.length} are there` : '';
    reader.complain('total length', `says ${totalLength} bytes${there}`, 2);
  }
  const end = totalLength >= reader.offset ? Math.min(totalLength, bytes.length) : bytes.length;
  return reader.finish(
    {
      dscp: service >> 2,
      ecn: service & 3,
      totalLength,
      identification,
      dontFragment: (fragment & 0x4000) !== 0,
      moreFragments: (fragment & 0x2000) !== 0,
      fragmentOffset: (fragment & 0x1fff) * 8,
      timeToLive,
      protocol,
      headerChecksum,
      source,
      destination,
      options,
    },
    bytes.subarray(reader.offset, end),
  );
}

/** @returns where the payload goes. `into` has room for the header at `offset`. */
export function writeIpv4Header(
  into: Uint8Array,
  offset: number,
  header: Ipv4Fields,
  payloadBytes: number,
): number {
  const options = header.options ?? noOptions;
  if (options.length % 4 !== 0 || options.length > 40)
    throw new RangeError('IPv4 options have at most 40 bytes, a multiple of 4');
  const headerBytes = ipv4HeaderBytes + options.length;
  const view = new DataView(into.buffer, into.byteOffset + offset, headerBytes);
  const fragment =
    (header.dontFragment ? 0x4000 : 0) |
    (header.moreFragments ? 0x2000 : 0) |
    ((header.fragmentOffset ?? 0) >> 3);
  view.setUint8(0, 0x40 | (headerBytes >> 2));
  view.setUint8(1, ((header.dscp ?? 0) << 2) | (header.ecn ?? 0));
  view.setUint16(2, headerBytes + payloadBytes);
  view.setUint16(4, header.identification ?? 0);
  view.setUint16(6, fragment);
  view.setUint8(8, header.timeToLive ?? 64);
  view.setUint8(9, header.protocol);
  view.setUint16(10, 0);
  view.setUint32(12, header.source);
  view.setUint32(16, header.destination);
  into.set(options, offset + ipv4HeaderBytes);
  view.setUint16(10, internetChecksum(into.subarray(offset, offset + headerBytes)));
  return offset + headerBytes;
}

export function writeIpv4(header: Ipv4Fields, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(ipv4HeaderBytes + (header.options?.length ?? 0) + payload.length);
  bytes.set(payload, writeIpv4Header(bytes, 0, header, payload.length));
  return bytes;
}
