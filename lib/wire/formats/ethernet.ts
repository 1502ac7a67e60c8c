// IEEE 802.3 (Ethernet II, RFC 894) and IEEE 802.1Q
import type { Mac } from './addresses';
import { type FieldSpan, FieldReader, type Parsed } from './field-reader';
import { FieldWriter } from './field-writer';

export const etherTypes = {
  ipv4: 0x0800,
  arp: 0x0806,
  vlan: 0x8100,
  ipv6: 0x86dd,
  /** 802.1ad: the outer tag of two. */
  serviceVlan: 0x88a8,
} as const;

/** Without tags. */
export const ethernetHeaderBytes = 14;
export const vlanTagBytes = 4;
/** Without the frame check sequence, which no virtual card sends. */
export const minFrameBytes = 60;

/** An 802.1Q tag. */
export interface VlanTag {
  /** Tag protocol identifier: which kind of tag. */
  tpid: number;
  /** Priority code point, 0 to 7. */
  pcp: number;
  /** Drop eligible indicator. */
  dei: boolean;
  /** VLAN identifier, 0 to 4095; 0 means that only the priority counts. */
  vid: number;
}

export interface EthernetHeader {
  destination: Mac;
  source: Mac;
  /** From the outside in. */
  tags: readonly VlanTag[];
  etherType: number;
}

/** Nobody stacks more. */
const maxTags = 4;
const noTags: readonly VlanTag[] = [];

export function parseEthernet(bytes: Uint8Array, spans?: FieldSpan[]): Parsed<EthernetHeader> {
  const reader = new FieldReader(bytes, spans);
  const destination = reader.u48('destination');
  const source = reader.u48('source');
  let etherType = reader.u16('type');
  let tags = noTags;
  while ((etherType === etherTypes.vlan || etherType === etherTypes.serviceVlan) && tags.length < maxTags) {
    const control = reader.u16('tag control information');
    tags = [
      ...tags,
      { tpid: etherType, pcp: control >> 13, dei: (control & 0x1000) !== 0, vid: control & 0xfff },
    ];
    etherType = reader.u16('type');
  }
  if (!reader.fault && etherType < 0x600)
    reader.complain('type', `is ${etherType}: a length (IEEE 802.3), not a type`, reader.offset - 2);
  return reader.finish({ destination, source, tags, etherType });
}

export function writeEthernet(header: EthernetHeader, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const writer = new FieldWriter(ethernetHeaderBytes + vlanTagBytes * header.tags.length + payload.length);
  writer.u48(header.destination).u48(header.source);
  for (const { tpid, pcp, dei, vid } of header.tags)
    writer.u16(tpid).u16((pcp << 13) | (dei ? 0x1000 : 0) | vid);
  return writer.u16(header.etherType).block(payload).finish();
}
