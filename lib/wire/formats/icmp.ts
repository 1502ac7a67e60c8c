// RFC 792: Internet Control Message Protocol
import { type FieldSpan, FieldReader, type Parsed } from './field-reader';
import { FieldWriter } from './field-writer';
import { internetChecksum } from './internet-checksum';

export const icmpTypes = { echoReply: 0, destinationUnreachable: 3, echo: 8, timeExceeded: 11 } as const;

/** Codes of destination unreachable. */
export const unreachableCodes = {
  host: 1,
  protocol: 2,
  port: 3,
  fragmentationNeeded: 4,
  /** RFC 1812: communication administratively prohibited. */
  prohibited: 13,
} as const;

export interface IcmpHeader {
  type: number;
  code: number;
  checksum: number;
  /** Identifier in the upper half and sequence number in the lower for echoes; next-hop MTU or nothing for others. */
  restOfHeader: number;
}

export function parseIcmp(bytes: Uint8Array, spans?: FieldSpan[]): Parsed<IcmpHeader> {
  const reader = new FieldReader(bytes, spans);
  const type = reader.u8('type');
  const code = reader.u8('code');
  const checksum = reader.u16('checksum');
  const restOfHeader = reader.u32('rest of header');
  if (!reader.fault && internetChecksum(bytes) !== 0)
    reader.complain('checksum', 'does not match the message', 2);
  return reader.finish({ type, code, checksum, restOfHeader });
}

export function writeIcmp(
  header: Omit<IcmpHeader, 'checksum'>,
  payload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const writer = new FieldWriter(8 + payload.length);
  writer.u8(header.type).u8(header.code).u16(0).u32(header.restOfHeader).block(payload);
  return writer.patchU16(2, internetChecksum(writer.finish())).finish();
}
