import type { Protocol } from './layer';

/** What can stand on the other side of a comparison. */
export type FieldType = 'number' | 'address' | 'mac' | 'text';

export interface FilterField {
  type: FieldType;
  /** The keys of `LayerField` that it means: either end for `ip.addr` and its like. */
  keys: readonly string[];
  /** For the list that a page shows. */
  says: string;
}

const field = (type: FieldType, says: string, ...keys: string[]): FilterField => ({ type, says, keys });

/** Names are Wireshark's, so that what is learned here works there. */
const named: Readonly<Record<string, FilterField>> = {
  'frame.len': field('number', 'bytes on the wire'),
  'frame.cap_len': field('number', 'bytes kept'),
  'frame.interface_name': field('text', 'the point where it was seen'),
  'eth.addr': field('mac', 'either hardware address', 'eth.src', 'eth.dst'),
  'eth.src': field('mac', 'source hardware address'),
  'eth.dst': field('mac', 'destination hardware address'),
  'eth.type': field('number', 'type of what a frame carries'),
  'vlan.id': field('number', 'VLAN identifier'),
  'vlan.priority': field('number', 'VLAN priority'),
  'vlan.etype': field('number', 'type of what a tagged frame carries'),
  'arp.opcode': field('number', '1 request, 2 reply'),
  'arp.src.proto': field('address', 'sender’s IPv4 address'),
  'arp.dst.proto': field('address', 'IPv4 address asked for'),
  'arp.src.hw': field('mac', 'sender’s hardware address'),
  'arp.dst.hw': field('mac', 'target’s hardware address'),
  'ip.addr': field('address', 'either IPv4 address', 'ip.src', 'ip.dst'),
  'ip.src': field('address', 'source IPv4 address'),
  'ip.dst': field('address', 'destination IPv4 address'),
  'ip.ttl': field('number', 'time to live'),
  'ip.id': field('number', 'identification'),
  'ip.len': field('number', 'length of the packet'),
  'ip.proto': field('number', '1 ICMP, 6 TCP, 17 UDP'),
  'ip.dsfield.dscp': field('number', 'differentiated services'),
  'ip.frag_offset': field('number', 'fragment offset in bytes'),
  'ip.flags.mf': field('number', 'more fragments follow: 0 or 1'),
  'ip.flags.df': field('number', 'do not fragment: 0 or 1'),
  'icmp.type': field('number', '8 echo request, 0 echo reply'),
  'icmp.code': field('number', 'code'),
  'icmp.ident': field('number', 'identifier of an echo'),
  'icmp.seq': field('number', 'sequence number of an echo'),
  'udp.port': field('number', 'either UDP port', 'udp.srcport', 'udp.dstport'),
  'udp.srcport': field('number', 'source UDP port'),
  'udp.dstport': field('number', 'destination UDP port'),
  'udp.length': field('number', 'length of the datagram'),
  'tcp.port': field('number', 'either TCP port', 'tcp.srcport', 'tcp.dstport'),
  'tcp.srcport': field('number', 'source TCP port'),
  'tcp.dstport': field('number', 'destination TCP port'),
  'tcp.seq': field('number', 'sequence number, as sent'),
  'tcp.ack': field('number', 'acknowledgment number, as sent'),
  'tcp.len': field('number', 'bytes of payload'),
  'tcp.window': field('number', 'window, as sent'),
  'tcp.flags': field('number', 'all flags as a number'),
  'tcp.flags.syn': field('number', '0 or 1'),
  'tcp.flags.ack': field('number', '0 or 1'),
  'tcp.flags.fin': field('number', '0 or 1'),
  'tcp.flags.rst': field('number', '0 or 1'),
  'tcp.flags.psh': field('number', '0 or 1'),
  'tcp.flags.urg': field('number', '0 or 1'),
  'tcp.flags.ece': field('number', '0 or 1'),
  'tcp.flags.cwr': field('number', '0 or 1'),
  'dns.id': field('number', 'identifier of a question'),
  'dns.flags.response': field('number', '0 or 1'),
  'dns.flags.rcode': field('number', '0 no error, 3 no such name'),
  'dns.count.queries': field('number', 'questions'),
  'dns.count.answers': field('number', 'answers'),
  'dns.qry.name': field('text', 'name asked for'),
  'dns.qry.type': field('number', '1 A, 28 AAAA'),
  'dns.resp.name': field('text', 'name of an answer'),
  'dns.resp.type': field('number', 'type of an answer'),
  'dns.resp.ttl': field('number', 'seconds that an answer holds'),
  'dns.a': field('address', 'address in an answer'),
  'dhcp.type': field('number', '1 discover, 2 offer, 3 request, 5 ack'),
  'dhcp.id': field('number', 'transaction'),
  'dhcp.hostname': field('text', 'host name'),
  'dhcp.hw.mac_addr': field('mac', 'client’s hardware address'),
  'dhcp.ip.your': field('address', 'address that is given'),
  'dhcp.ip.client': field('address', 'address that the client has'),
  'ntp.stratum': field('number', 'stratum'),
  'ntp.flags.mode': field('number', '3 client, 4 server'),
  'vxlan.vni': field('number', 'VXLAN network identifier'),
  'http.request.method': field('text', '"GET"'),
  'http.request.uri': field('text', 'target of a request'),
  'http.response.code': field('number', 'status'),
  'http.version': field('text', '"HTTP/1.1"'),
  'http.host': field('text', 'Host'),
  'http.user_agent': field('text', 'User-Agent'),
  'http.content_type': field('text', 'Content-Type'),
  'http.content_length': field('number', 'Content-Length'),
  'data.len': field('number', 'bytes that no protocol has claimed'),
};

export const filterFields: ReadonlyMap<string, FilterField> = new Map(
  Object.entries(named).map(([name, it]) => [name, { ...it, keys: it.keys.length > 0 ? it.keys : [name] }]),
);

/** A protocol's name alone means the packets that have it. */
export const filterProtocols: ReadonlySet<string> = new Set<Protocol>([
  'frame',
  'eth',
  'vlan',
  'arp',
  'ip',
  'icmp',
  'udp',
  'tcp',
  'dns',
  'dhcp',
  'ntp',
  'vxlan',
  'http',
  'data',
]);

/** The known name that is nearest, when it is near. */
export function nearestName(name: string): string | undefined {
  let best: { name: string; distance: number } | undefined;
  for (const known of [...filterFields.keys(), ...filterProtocols]) {
    const distance = editDistance(name.toLowerCase(), known);
    if (distance <= Math.max(1, Math.floor(known.length / 3)) && distance < (best?.distance ?? Infinity))
      best = { name: known, distance };
  }
  return best?.name;
}

const mostCompared = 40;

/** Insertions, deletions, replacements and swaps of neighbours (Damerau and Levenshtein). */
function editDistance(one: string, other: string): number {
  if (one.length > mostCompared) return Infinity;
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const at = (rows[i - 1]?.[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      let least = Math.min(at, (rows[i - 1]?.[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1])
        least = Math.min(least, (rows[i - 2]?.[j - 2] ?? 0) + 1);
      row.push(least);
    }
    rows.push(row);
  }
  return rows[one.length]?.[other.length] ?? Infinity;
}
