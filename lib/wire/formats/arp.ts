// RFC 826: An Ethernet Address Resolution Protocol
import type { Ipv4Address, Mac } from './addresses';
import { etherTypes } from './ethernet';
import { type FieldSpan, FieldReader, type Parsed } from './field-reader';
import { FieldWriter } from './field-writer';

export const arpOperations = { request: 1, reply: 2 } as const;

const ethernetHardware = 1;

/** ARP for IPv4 on Ethernet, which is all there is. */
export interface ArpPacket {
  operation: number;
  senderHardwareAddress: Mac;
  senderProtocolAddress: Ipv4Address;
  targetHardwareAddress: Mac;
  targetProtocolAddress: Ipv4Address;
}

export function parseArp(bytes: Uint8Array, spans?: FieldSpan[]): Parsed<ArpPacket> {
  const reader = new FieldReader(bytes, spans);
  const expect = (field: string, value: number, right: number) => {
    if (value !== right) reader.complain(field, `is ${value}, not ${right}`);
  };
  expect('hardware address space', reader.u16('hardware address space'), ethernetHardware);
  expect('protocol address space', reader.u16('protocol address space'), etherTypes.ipv4);
  expect('hardware address length', reader.u8('hardware address length'), 6);
  expect('protocol address length', reader.u8('protocol address length'), 4);
  return reader.finish({
    operation: reader.u16('opcode'),
    senderHardwareAddress: reader.u48('sender hardware address'),
    senderProtocolAddress: reader.u32('sender protocol address'),
    targetHardwareAddress: reader.u48('target hardware address'),
    targetProtocolAddress: reader.u32('target protocol address'),
  });
}

export function writeArp(packet: ArpPacket): Uint8Array<ArrayBuffer> {
  return new FieldWriter(28)
    .u16(ethernetHardware)
    .u16(etherTypes.ipv4)
    .u8(6)
    .u8(4)
    .u16(packet.operation)
    .u48(packet.senderHardwareAddress)
    .u32(packet.senderProtocolAddress)
    .u48(packet.targetHardwareAddress)
    .u32(packet.targetProtocolAddress)
    .finish();
}
