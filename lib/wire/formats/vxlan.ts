// RFC 7348: Virtual eXtensible Local Area Network
import { type FieldSpan, FieldReader, type Parsed } from './field-reader';
import { FieldWriter } from './field-writer';

export const vxlanPort = 4789;
const validVni = 0x08;

export interface VxlanHeader {
  /** VXLAN network identifier, 24 bits. */
  vni: number;
}

/** The payload is an Ethernet frame. */
export function parseVxlan(bytes: Uint8Array, spans?: FieldSpan[]): Parsed<VxlanHeader> {
  const reader = new FieldReader(bytes, spans);
  const flags = reader.u8('flags');
  if (!reader.fault && (flags & validVni) === 0)
    reader.complain('flags', 'do not say that there is a VNI', 0);
  reader.u24('reserved');
  const vni = reader.u24('VNI');
  reader.u8('reserved');
  return reader.finish({ vni });
}

export function writeVxlan({ vni }: VxlanHeader, frame: Uint8Array): Uint8Array<ArrayBuffer> {
  return new FieldWriter(8 + frame.length)
    .u32(validVni * 2 ** 24)
    .u32(vni * 256)
    .block(frame)
    .finish();
}
