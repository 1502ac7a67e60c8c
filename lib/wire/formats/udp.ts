// RFC 768: User Datagram Protocol
import type { Ipv4Address } from './addresses';
import { type FieldSpan, FieldReader, type Parsed } from './field-reader';
import { FieldWriter } from './field-writer';
import { transportChecksum } from './internet-checksum';
import { protocols } from './ipv4';

export const udpHeaderBytes = 8;

export interface UdpHeader {
  sourcePort: number;
  destinationPort: number;
  /** Header and payload, in bytes. */
  length: number;
  /** 0: the sender made none. */
  checksum: number;
}

/** The two addresses that a checksum covers besides the segment. */
export interface AddressPair {
  source: Ipv4Address;
  destination: Ipv4Address;
}

/** @param addresses with them, the checksum is verified */
export function parseUdp(bytes: Uint8Array, addresses?: AddressPair, spans?: FieldSpan[]): Parsed<UdpHeader> {
  const reader = new FieldReader(bytes, spans);
  const sourcePort = reader.u16('source port');
  const destinationPort = reader.u16('destination port');
  const length = reader.u16('length');
  const checksum = reader.u16('checksum');
  if (length < udpHeaderBytes || length > bytes.length)
    reader.complain('length', `says ${length} bytes of ${bytes.length}`, 4);
  if (addresses && !reader.fault && checksum !== 0) {
    const { source, destination } = addresses;
    if (transportChecksum(source, destination, protocols.udp, bytes.subarray(0, length)) !== 0)
      reader.complain('checksum', 'does not match the datagram', 6);
  }
  const end = length >= reader.offset ? Math.min(length, bytes.length) : bytes.length;
  return reader.finish({ sourcePort, destinationPort, length, checksum }, bytes.subarray(reader.offset, end));
}

export function writeUdp(
  header: Pick<UdpHeader, 'sourcePort' | 'destinationPort'>,
  payload: Uint8Array,
  { source, destination }: AddressPair,
): Uint8Array<ArrayBuffer> {
  const length = udpHeaderBytes + payload.length;
  const writer = new FieldWriter(length);
  writer.u16(header.sourcePort).u16(header.destinationPort).u16(length).u16(0).block(payload);
  const checksum = transportChecksum(source, destination, protocols.udp, writer.finish());
  // Zero says that there is none; in one's complement 0xffff is the same number.
  return writer.patchU16(6, checksum || 0xffff).finish();
}
