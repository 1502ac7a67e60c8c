import type { PacketFacts } from './packet-facts';

/** What a packet has at one point and not as such at the point before. */
export interface Change {
  /** "source address" */
  what: string;
  /** Empty for what was not there, or is no more. */
  from: string;
  to: string;
}

interface Form {
  facts: PacketFacts;
  /** As how many frames it was there. */
  pieces: number;
}

/** In the order in which a reader wants to know: addresses, tunnel, tag, TTL, hardware addresses. */
export function changesBetween(before: Form, after: Form): Change[] {
  const changes: Change[] = [];
  const compare = (what: string, from: string | number | undefined, to: string | number | undefined) => {
    if (from !== to) changes.push({ what, from: String(from ?? ''), to: String(to ?? '') });
  };
  const [one, other] = [before.facts, after.facts];
  compare('source', endOf(one, 'source'), endOf(other, 'source'));
  compare('destination', endOf(one, 'destination'), endOf(other, 'destination'));
  compare('echo identifier', identifierOf(one), identifierOf(other));
  compare('tunnel', tunnelOf(one), tunnelOf(other));
  compare('VLAN tag', one.vlan, other.vlan);
  compare('frames', before.pieces, after.pieces);
  compare('time to live', one.ip?.ttl, other.ip?.ttl);
  compare('from hardware', one.macs.source, other.macs.source);
  compare('to hardware', one.macs.destination, other.macs.destination);
  return changes;
}

function endOf({ ip, transport }: PacketFacts, end: 'source' | 'destination'): string | undefined {
  if (!ip) return undefined;
  if (!transport || transport.type === 'icmp') return ip[end];
  return `${ip[end]}:${end === 'source' ? transport.sourcePort : transport.destinationPort}`;
}

function identifierOf({ transport }: PacketFacts): number | undefined {
  return transport?.type === 'icmp' ? transport.identifier : undefined;
}

function tunnelOf({ tunnel }: PacketFacts): string | undefined {
  return tunnel && `VXLAN ${tunnel.vni}, ${tunnel.source} → ${tunnel.destination}`;
}
