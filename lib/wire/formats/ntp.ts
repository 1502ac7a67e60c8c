// RFC 5905: Network Time Protocol Version 4
import { type FieldSpan, FieldReader, type Parsed } from './field-reader';
import { FieldWriter } from './field-writer';

export const ntpPort = 123;
export const ntpModes = { client: 3, server: 4 } as const;

export interface NtpPacket {
  leap: number;
  version: number;
  mode: number;
  stratum: number;
  /** Powers of two, in seconds. */
  poll: number;
  precision: number;
  /** 16.16 bits, in seconds. */
  rootDelay: number;
  rootDispersion: number;
  /** Four ASCII letters at stratum 1. */
  referenceId: number;
  /** 32.32 bits: seconds since 1900. */
  referenceTimestamp: bigint;
  originTimestamp: bigint;
  receiveTimestamp: bigint;
  transmitTimestamp: bigint;
}

/** Seconds from 1900, NTP's epoch, to 1970. */
const epochDifference = 2_208_988_800n;
const bits64 = (1n << 64n) - 1n;

/** @param unixMs milliseconds since 1970, of the era that ends in 2036 or, wrapped, of the next */
export function ntpTimestamp(unixMs: number): bigint {
  const microseconds = BigInt(Math.round(unixMs * 1000));
  return (((microseconds + epochDifference * 1_000_000n) << 32n) / 1_000_000n) & bits64;
}

const signed = (byte: number) => (byte << 24) >> 24;

/** Extension fields and keys are the payload. */
export function parseNtp(bytes: Uint8Array, spans?: FieldSpan[]): Parsed<NtpPacket> {
  const reader = new FieldReader(bytes, spans);
  const first = reader.u8('LI, VN and mode');
  const version = (first >> 3) & 7;
  if (!reader.fault && (version < 1 || version > 4)) reader.complain('VN', `is ${version}, not 1 to 4`, 0);
  return reader.finish({
    leap: first >> 6,
    version,
    mode: first & 7,
    stratum: reader.u8('stratum'),
    poll: signed(reader.u8('poll')),
    precision: signed(reader.u8('precision')),
    rootDelay: reader.u32('root delay'),
    rootDispersion: reader.u32('root dispersion'),
    referenceId: reader.u32('reference ID'),
    referenceTimestamp: reader.u64('reference timestamp'),
    originTimestamp: reader.u64('origin timestamp'),
    receiveTimestamp: reader.u64('receive timestamp'),
    transmitTimestamp: reader.u64('transmit timestamp'),
  });
}

export function writeNtp(packet: NtpPacket): Uint8Array<ArrayBuffer> {
  return new FieldWriter(48)
    .u8((packet.leap << 6) | (packet.version << 3) | packet.mode)
    .u8(packet.stratum)
    .u8(packet.poll)
    .u8(packet.precision)
    .u32(packet.rootDelay)
    .u32(packet.rootDispersion)
    .u32(packet.referenceId)
    .u64(packet.referenceTimestamp)
    .u64(packet.originTimestamp)
    .u64(packet.receiveTimestamp)
    .u64(packet.transmitTimestamp)
    .finish();
}
