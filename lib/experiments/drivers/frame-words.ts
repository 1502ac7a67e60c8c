import { formatAddress, formatMac, type Ipv4Address, type Mac } from '../../wire/formats/addresses';
import { arpOperations, parseArp } from '../../wire/formats/arp';
import { etherTypes, parseEthernet } from '../../wire/formats/ethernet';
import { icmpTypes, parseIcmp } from '../../wire/formats/icmp';
import { isFragment, parseIpv4, protocols } from '../../wire/formats/ipv4';
import { parseTcp, tcpFlags } from '../../wire/formats/tcp';
import { parseUdp } from '../../wire/formats/udp';
import { parseVxlan, vxlanPort } from '../../wire/formats/vxlan';

/** What the proofs look at in a frame. What is not there, or cannot be read, is undefined. */
export interface FrameLayers {
  source: Mac;
  destination: Mac;
  arp?: { operation: number; sender: Ipv4Address; target: Ipv4Address };
  ipv4?: { source: Ipv4Address; destination: Ipv4Address; protocol: number };
  icmp?: { type: number };
  tcp?: { sourcePort: number; destinationPort: number; flags: number };
  udp?: { sourcePort: number; destinationPort: number };
  vxlan?: { vni: number; inner: FrameLayers };
}

export function readLayers(bytes: Uint8Array): FrameLayers {
  const { header: ethernet, payload } = parseEthernet(bytes);
  const layers: FrameLayers = { source: ethernet.source, destination: ethernet.destination };
  if (ethernet.etherType === etherTypes.arp) {
    const { header, fault } = parseArp(payload);
    if (!fault)
      layers.arp = {
        operation: header.operation,
        sender: header.senderProtocolAddress,
        target: header.targetProtocolAddress,
      };
  }
  if (ethernet.etherType !== etherTypes.ipv4) return layers;
  const ipv4 = parseIpv4(payload);
  if (ipv4.fault) return layers;
  const { source, destination, protocol } = ipv4.header;
  layers.ipv4 = { source, destination, protocol };
  if (!isFragment(ipv4.header)) readTransport(layers, protocol, ipv4.payload);
  return layers;
}

function readTransport(layers: FrameLayers, protocol: number, bytes: Uint8Array): void {
  switch (protocol) {
    case protocols.icmp:
      layers.icmp = { type: parseIcmp(bytes).header.type };
      return;
    case protocols.tcp: {
      const { sourcePort, destinationPort, flags } = parseTcp(bytes).header;
      layers.tcp = { sourcePort, destinationPort, flags };
      return;
    }
    case protocols.udp: {
      const { header, payload } = parseUdp(bytes);
      layers.udp = { sourcePort: header.sourcePort, destinationPort: header.destinationPort };
      if (header.destinationPort !== vxlanPort) return;
      const vxlan = parseVxlan(payload);
      if (!vxlan.fault) layers.vxlan = { vni: vxlan.header.vni, inner: readLayers(vxlan.payload) };
    }
  }
}

export function isEcho({ icmp }: FrameLayers): boolean {
  return icmp?.type === icmpTypes.echo;
}

/** The first segment of a connection to a port. */
export function opens({ tcp }: FrameLayers, port: number): boolean {
  return tcp?.destinationPort === port && (tcp.flags & (tcpFlags.syn | tcpFlags.ack)) === tcpFlags.syn;
}

/** Whether an address is anywhere in it as sender or receiver, leaving out what is wrapped in VXLAN. */
export function names({ arp, ipv4 }: FrameLayers, address: Ipv4Address): boolean {
  return [arp?.sender, arp?.target, ipv4?.source, ipv4?.destination].includes(address);
}

/** A line for each layer, from the outside in. */
export function frameWords(layers: FrameLayers, depth = 0): string[] {
  const { source, destination, arp, ipv4, icmp, tcp, udp, vxlan } = layers;
  const indent = '  '.repeat(depth);
  const lines = [`Ethernet  ${formatMac(source)} → ${formatMac(destination)}`];
  if (arp) {
    const verb = arp.operation === arpOperations.request ? 'asks for' : 'answers';
    lines.push(`ARP       ${formatAddress(arp.sender)} ${verb} ${formatAddress(arp.target)}`);
  }
  if (ipv4) lines.push(`IPv4      ${formatAddress(ipv4.source)} → ${formatAddress(ipv4.destination)}`);
  if (icmp) lines.push(`ICMP      ${icmpWords[icmp.type] ?? `type ${icmp.type}`}`);
  if (tcp) lines.push(`TCP       port ${tcp.sourcePort} → ${tcp.destinationPort}`);
  if (udp) lines.push(`UDP       port ${udp.sourcePort} → ${udp.destinationPort}`);
  if (vxlan) lines.push(`VXLAN     network ${vxlan.vni}, and in it a frame:`);
  const indented = lines.map((line) => indent + line);
  return vxlan ? [...indented, ...frameWords(vxlan.inner, depth + 1)] : indented;
}

const icmpWords: Readonly<Record<number, string>> = {
  [icmpTypes.echo]: 'echo request',
  [icmpTypes.echoReply]: 'echo reply',
  [icmpTypes.destinationUnreachable]: 'destination unreachable',
};
