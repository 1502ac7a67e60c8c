import type { Layer } from './layer';

/** What following a packet or a stream needs to know of one, of the innermost IPv4 packet in it. */
export interface PacketFacts {
  /** As text, of the innermost frame. */
  macs: { source: string; destination: string };
  /** Of the outermost frame; none without a tag. */
  vlan?: number;
  /** The tunnel that the packet is in, and its ends. */
  tunnel?: { vni: number; source: string; destination: string };
  ip?: { source: string; destination: string; id: number; ttl: number; protocol: number };
  transport?:
    | {
        type: 'tcp';
        sourcePort: number;
        destinationPort: number;
        sequence: number;
        acknowledgment: number;
        flags: number;
        payload: Range;
      }
    | { type: 'udp'; sourcePort: number; destinationPort: number; payload: Range }
    | { type: 'icmp'; kind: number; code: number; identifier?: number; sequence?: number; payload: Range };
  /** Of ARP, whose packets have no other identity than what they say. */
  arp?: { opcode: number; sender: string; target: string };
}

/** In bytes of the frame, as far as the capture has them. */
interface Range {
  at: number;
  length: number;
}

/** @param layers of `dissect` */
export function factsOf(layers: readonly Layer[]): PacketFacts {
  // Behind an ICMP header is the packet that an error is about.
  const icmpAt = layers.findIndex(({ protocol }) => protocol === 'icmp');
  const own = icmpAt < 0 ? layers : layers.slice(0, icmpAt + 1);
  const last = (protocol: Layer['protocol']) => own.findLast((layer) => layer.protocol === protocol);
  const first = (protocol: Layer['protocol']) => own.find((layer) => layer.protocol === protocol);
  const eth = last('eth');
  const facts: PacketFacts = { macs: { source: text(eth, 'eth.src'), destination: text(eth, 'eth.dst') } };
  const vlan = first('vlan');
  if (vlan && own.indexOf(vlan) === 2) facts.vlan = number(vlan, 'vlan.id');
  const vxlan = last('vxlan');
  if (vxlan) {
    const outer = own.slice(0, own.indexOf(vxlan)).findLast(({ protocol }) => protocol === 'ip');
    facts.tunnel = {
      vni: number(vxlan, 'vxlan.vni'),
      source: text(outer, 'ip.src'),
      destination: text(outer, 'ip.dst'),
    };
  }
  const inner = vxlan ? own.slice(own.indexOf(vxlan) + 1) : own;
  const arp = inner.find(({ protocol }) => protocol === 'arp');
  if (arp)
    facts.arp = {
      opcode: number(arp, 'arp.opcode'),
      sender: text(arp, 'arp.src.proto'),
      target: text(arp, 'arp.dst.proto'),
    };
  const ip = inner.find(({ protocol }) => protocol === 'ip');
  if (!ip) return facts;
  facts.ip = {
    source: text(ip, 'ip.src'),
    destination: text(ip, 'ip.dst'),
    id: number(ip, 'ip.id'),
    ttl: number(ip, 'ip.ttl'),
    protocol: number(ip, 'ip.proto'),
  };
  const transport = transportOf(inner, layers);
  if (transport) facts.transport = transport;
  return facts;
}

function transportOf(inner: readonly Layer[], layers: readonly Layer[]): PacketFacts['transport'] {
  const layer = inner.find(({ protocol }) => protocol === 'tcp' || protocol === 'udp' || protocol === 'icmp');
  if (!layer) return undefined;
  const at = layer.at + layer.length;
  if (layer.protocol === 'tcp') {
    const payload = layer.fields.find(({ key }) => key === 'tcp.len');
    return {
      type: 'tcp',
      sourcePort: number(layer, 'tcp.srcport'),
      destinationPort: number(layer, 'tcp.dstport'),
      sequence: number(layer, 'tcp.seq'),
      acknowledgment: number(layer, 'tcp.ack'),
      flags: number(layer, 'tcp.flags'),
      payload: { at: payload?.at ?? at, length: payload?.length ?? 0 },
    };
  }
  if (layer.protocol === 'udp') {
    const length = Math.max(0, number(layer, 'udp.length') - 8);
    return {
      type: 'udp',
      sourcePort: number(layer, 'udp.srcport'),
      destinationPort: number(layer, 'udp.dstport'),
      payload: { at, length },
    };
  }
  const ident = layer.fields.find(({ key }) => key === 'icmp.ident');
  const end = layers.reduce((most, each) => Math.max(most, each.at + each.length), at);
  return {
    type: 'icmp',
    kind: number(layer, 'icmp.type'),
    code: number(layer, 'icmp.code'),
    ...(ident ? { identifier: number(layer, 'icmp.ident'), sequence: number(layer, 'icmp.seq') } : {}),
    payload: { at, length: end - at },
  };
}

function text(layer: Layer | undefined, key: string): string {
  return layer?.fields.find((field) => field.key === key)?.value ?? '';
}

function number(layer: Layer | undefined, key: string): number {
  const raw = layer?.fields.find((field) => field.key === key)?.raw;
  return typeof raw === 'number' ? raw : 0;
}
