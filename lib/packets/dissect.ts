import { isFragment, protocols } from '../wire/formats/ipv4';
import { dhcpClientPort, dhcpServerPort } from '../wire/formats/dhcp';
import { dnsPort } from '../wire/formats/dns';
import { etherTypes } from '../wire/formats/ethernet';
import { ntpPort } from '../wire/formats/ntp';
import { vxlanPort } from '../wire/formats/vxlan';
import { dnsLayer } from './dns-layer';
import { arpLayer, ethernetLayers } from './ethernet-layer';
import { httpLayer } from './http-layer';
import { icmpLayer, ipv4Layer } from './ipv4-layer';
import { type Layer, LayerBuilder, type Protocol } from './layer';
import { nameOf } from './names';
import { dhcpLayer, ntpLayer, vxlanLayer } from './small-layers';
import { tcpLayer, udpLayer } from './transport-layer';

/** A frame as a capture has it. */
export interface SeenFrame {
  bytes: Uint8Array;
  /** How long it was on the wire; more than there are bytes when it was cut. */
  length: number;
  /** What the point is called where it was seen. */
  seenAt?: string;
}

/** What a list says of a frame, of the innermost packet in it. */
export interface Summary {
  source: string;
  destination: string;
  /** "DNS"; "VXLAN · ICMP" for what is in a tunnel. */
  protocol: string;
  info: string;
}

export interface Dissection {
  /** From the outside in. The first is the frame itself, as the capture has it. */
  layers: readonly Layer[];
  summary: Summary;
}

/** Frames in tunnels in tunnels: deeper ones are data. */
const mostTunnels = 3;
/** What a cable carries, without FCS and tags: more is a superframe, which a card cuts (docs/adr/0090). */
const mostOnCable = 1514;

/** Takes a frame apart. Total: whatever the bytes are, it gives layers whose ranges are inside the frame. */
export function dissect(frame: SeenFrame): Dissection {
  const layers: Layer[] = [frameLayer(frame)];
  new Dissector(layers, frame.bytes, frame.length > frame.bytes.length).frame(0, 0);
  return { layers, summary: summarize(layers) };
}

function frameLayer({ bytes, length, seenAt }: SeenFrame): Layer {
  const isSuper = length > mostOnCable + 8;
  const builder = new LayerBuilder(0).place(
    'length',
    { key: 'frame.len', raw: length, value: `${length} bytes` },
    0,
    0,
  );
  builder.place('kept', { key: 'frame.cap_len', raw: bytes.length, value: `${bytes.length} bytes` }, 0, 0);
  if (seenAt !== undefined) builder.place('seen at', { key: 'frame.interface_name', raw: seenAt }, 0, 0);
  if (isSuper) builder.place('superframe', { value: 'a card cuts it into segments before a cable' }, 0, 0);
  const cut = bytes.length < length ? `, of which ${bytes.length} were kept` : '';
  return builder.finish(
    {
      protocol: 'frame',
      title: isSuper ? 'Superframe' : 'Frame',
      summary: `${length} bytes${cut}`,
    },
    bytes.length,
  );
}

class Dissector {
  /** @param isCut the capture has not all of the frame: what is missing at its end is no fault of the sender's */
  constructor(
    private readonly layers: Layer[],
    private readonly bytes: Uint8Array,
    private readonly isCut: boolean,
  ) {}

  frame(at: number, tunnels: number): void {
    const { header, layers, payload, payloadAt } = ethernetLayers(this.bytes.subarray(at), at);
    this.layers.push(...layers);
    // A header that is not whole has no type to go by.
    if (layers[0]?.fields.length !== 3) return this.data(payload, payloadAt);
    switch (header.etherType) {
      case etherTypes.arp:
        this.layers.push(arpLayer(payload, payloadAt));
        return;
      case etherTypes.ipv4:
        return this.ipv4(payload, payloadAt, tunnels, false);
      default:
        return this.data(
          payload,
          payloadAt,
          `${nameOf.etherType(header.etherType)}, ${payload.length} bytes`,
        );
    }
  }

  private ipv4(bytes: Uint8Array, at: number, tunnels: number, isQuoted: boolean): void {
    const { header, layer, payload, payloadAt } = ipv4Layer(bytes, at, isQuoted || this.isCut);
    this.layers.push(layer);
    if (header.fragmentOffset > 0)
      return this.data(
        payload,
        payloadAt,
        `fragment from byte ${header.fragmentOffset}, ${payload.length} bytes`,
      );
    const isWhole = !isQuoted && !this.isCut && !isFragment(header);
    switch (header.protocol) {
      case protocols.icmp: {
        const icmp = icmpLayer(payload, payloadAt, isWhole);
        this.layers.push(icmp.layer);
        const inside = payloadAt + payload.length - icmp.payload.length;
        if (icmp.isError && !isQuoted && icmp.payload.length > 0)
          return this.ipv4(icmp.payload, inside, tunnels, true);
        return this.data(icmp.payload, inside);
      }
      case protocols.udp: {
        const udp = udpLayer(payload, payloadAt, header, isWhole);
        this.layers.push(udp.layer);
        const { sourcePort, destinationPort } = udp.header;
        return isQuoted
          ? undefined
          : this.datagram(udp.payload, udp.payloadAt, [sourcePort, destinationPort], tunnels);
      }
      case protocols.tcp: {
        const tcp = tcpLayer(payload, payloadAt, header, isWhole);
        this.layers.push(tcp.layer);
        return isQuoted ? undefined : this.segment(tcp.payload, tcp.payloadAt);
      }
      default:
        return this.data(payload, payloadAt, `${nameOf.transport(header.protocol)}, ${payload.length} bytes`);
    }
  }

  private datagram(bytes: Uint8Array, at: number, ports: readonly number[], tunnels: number): void {
    if (bytes.length === 0) return;
    if (ports[1] === vxlanPort && tunnels < mostTunnels) {
      const { layer, payload } = vxlanLayer(bytes, at);
      this.layers.push(layer);
      if (payload.length > 0) this.frame(at + bytes.length - payload.length, tunnels + 1);
      return;
    }
    const decode = ports.includes(dnsPort)
      ? dnsLayer
      : ports.includes(dhcpServerPort) && (ports.includes(dhcpClientPort) || ports[0] === ports[1])
        ? dhcpLayer
        : ports.includes(ntpPort)
          ? ntpLayer
          : undefined;
    if (!decode) return this.data(bytes, at);
    this.layers.push(decode(bytes, at));
  }

  private segment(bytes: Uint8Array, at: number): void {
    const http = httpLayer(bytes, at);
    if (!http) return this.data(bytes, at);
    this.layers.push(http.layer);
    this.data(http.payload, at + bytes.length - http.payload.length);
  }

  private data(bytes: Uint8Array, at: number, summary = `${bytes.length} bytes`): void {
    if (bytes.length === 0) return;
    const layer = new LayerBuilder(at)
      .place(
        'bytes',
        { key: 'data.len', raw: bytes.length, value: `${bytes.length} bytes` },
        at,
        bytes.length,
      )
      .finish({ protocol: 'data', title: 'Data', summary }, bytes.length);
    this.layers.push(layer);
  }
}

const shown: Readonly<Record<Protocol, string>> = {
  frame: 'Frame',
  eth: 'Ethernet',
  vlan: 'VLAN',
  arp: 'ARP',
  ip: 'IPv4',
  icmp: 'ICMP',
  udp: 'UDP',
  tcp: 'TCP',
  dns: 'DNS',
  dhcp: 'DHCP',
  ntp: 'NTP',
  vxlan: 'VXLAN',
  http: 'HTTP',
  data: 'Data',
};

function summarize(layers: readonly Layer[]): Summary {
  // The packet that an ICMP error sends back is not the packet itself.
  const icmp = layers.findIndex(({ protocol }) => protocol === 'icmp');
  const own = icmp < 0 ? layers : layers.slice(0, icmp + 1);
  const quoted = icmp < 0 ? undefined : layers[icmp + 1];
  const named = own.findLast(({ protocol }) => protocol !== 'data') ?? own[0];
  const last = own.at(-1);
  const isBare = named?.protocol === 'eth' || named?.protocol === 'vlan' || named?.protocol === 'ip';
  const info = (isBare && last?.protocol === 'data' ? last.summary : named?.summary) ?? '';
  const isInTunnel = named?.protocol !== 'vxlan' && own.some(({ protocol }) => protocol === 'vxlan');
  return {
    ...endsOf(own),
    protocol: `${isInTunnel ? 'VXLAN · ' : ''}${shown[named?.protocol ?? 'frame']}`,
    info: `${info}${quoted?.protocol === 'ip' ? `, about ${quoted.summary}` : ''}${faultOf(own)}`,
  };
}

/** The innermost frame's IP addresses, or its hardware addresses when it has none. */
function endsOf(layers: readonly Layer[]): { source: string; destination: string } {
  const layer = layers.findLast(({ protocol }) => protocol === 'ip' || protocol === 'eth');
  const value = (end: 'src' | 'dst') =>
    layer?.fields.find(({ key }) => key === `${layer.protocol}.${end}`)?.value ?? '';
  return { source: value('src'), destination: value('dst') };
}

function faultOf(layers: readonly Layer[]): string {
  const layer = layers.find(({ fault }) => fault !== undefined);
  return layer?.fault === undefined ? '' : ` [${shown[layer.protocol]}: ${layer.fault}]`;
}
