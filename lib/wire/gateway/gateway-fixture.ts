// For tests: a gateway and machines on a wire in simulated time.
import type { Frame } from '../frame';
import { emitComplete } from '../frame-segments';
import { type Ipv4Address, limitedBroadcast, type Mac } from '../formats/addresses';
import {
  dhcpClientPort,
  type DhcpMessage,
  dhcpOptions,
  dhcpServerPort,
  parseDhcp,
  writeDhcp,
} from '../formats/dhcp';
import { type DnsMessage, dnsPort, parseDns, writeDns } from '../formats/dns';
import type { ByteStream } from './byte-stream';
import { defaultSubnet, Gateway, type GatewayOptions } from './gateway';
import { Host } from './host';
import { type HttpResponse, httpRequest } from './http/http-client';
import { Simulation } from './simulation';
import type { TcpDirectory } from './tcp/endpoint';

const nobody: TcpDirectory = () => undefined;

/** A hub with the gateway at one port. Losses and cuts are set while it runs. */
export class TestWire {
  readonly simulation = new Simulation();
  readonly gateway: Gateway;
  delayMs = 0.1;
  loss = 0;
  isCut = false;
  private readonly stations: ((frame: Frame) => void)[] = [];

  constructor(private readonly options: Partial<GatewayOptions> = {}) {
    this.gateway = new Gateway({
      surroundings: this.simulation,
      send: (frame) => this.carry(frame, undefined),
      ...options,
    });
  }

  /** A host with an address given by hand. */
  host(address: Ipv4Address, tcp: TcpDirectory = nobody, mac: Mac = 0x0200_0000_0000 + address): Host {
    const host = new Host({
      mac,
      address,
      subnet: this.gateway.host.options.subnet,
      surroundings: this.simulation,
      send: (frame) => this.toGateway(frame, station),
      tcp,
      ...(this.options.tcpSettings && { tcpSettings: this.options.tcpSettings }),
    });
    const station = (frame: Frame) => host.receive(frame);
    this.stations.push(station);
    return host;
  }

  /** To the gateway, from somewhere: noise and forgeries. */
  inject(frame: Frame): void {
    this.simulation.after(0, () => this.gateway.receive(frame));
  }

  /** Everything that a client sends reaches the gateway and the other stations. */
  private toGateway(frame: Frame, from: (frame: Frame) => void): void {
    emitComplete(frame, (segment) => {
      if (this.isLost()) return;
      const copy = segment.slice();
      this.simulation.after(this.delayMs, () => this.gateway.receive(copy));
      this.carry(segment, from);
    });
  }

  private carry(frame: Frame, from: ((frame: Frame) => void) | undefined): void {
    emitComplete(frame, (segment) => {
      for (const station of this.stations) {
        if (station === from || this.isLost()) continue;
        const copy = segment.slice();
        this.simulation.after(this.delayMs, () => station(copy));
      }
    });
  }

  private isLost(): boolean {
    return this.isCut || (this.loss > 0 && this.simulation.random() < this.loss);
  }
}

export interface DhcpAsk {
  mac: Mac;
  type: number;
  options?: [number, Uint8Array][];
  ciaddr?: Ipv4Address;
}

/** Asks the gateway for an address, as a machine without one. */
export async function askDhcp(wire: TestWire, ask: DhcpAsk): Promise<DhcpMessage | undefined> {
  const asker = wire.host(ask.ciaddr ?? defaultSubnet.address + 250, nobody, ask.mac);
  let answer: DhcpMessage | undefined;
  asker.bind(dhcpClientPort, ({ payload }) => {
    const { header } = parseDhcp(payload);
    if (header.chaddr === ask.mac) answer = header;
  });
  const message: DhcpMessage = {
    op: 1,
    htype: 1,
    hlen: 6,
    hops: 0,
    xid: 7,
    secs: 0,
    broadcast: true,
    ciaddr: ask.ciaddr ?? 0,
    yiaddr: 0,
    siaddr: 0,
    giaddr: 0,
    chaddr: ask.mac,
    sname: '',
    file: '',
    options: new Map([[dhcpOptions.messageType, Uint8Array.of(ask.type)], ...(ask.options ?? [])]),
  };
  asker.sendUdp(
    { source: 0, sourcePort: dhcpClientPort, destination: limitedBroadcast, destinationPort: dhcpServerPort },
    writeDhcp(message),
  );
  await wire.simulation.pass(5);
  return answer;
}

/** Asks the gateway for a name. */
export async function askDns(
  wire: TestWire,
  host: Host,
  name: string,
  type: number,
  withEdns = false,
): Promise<DnsMessage | undefined> {
  let answer: DnsMessage | undefined;
  host.bind(5353, ({ payload }) => (answer = parseDns(payload).header));
  const query = writeDns({
    id: 1,
    response: false,
    opcode: 0,
    authoritative: false,
    truncated: false,
    recursionDesired: true,
    recursionAvailable: false,
    code: 0,
    questions: [{ name, type, class: 1 }],
    answers: [],
    authorities: [],
    additionals: withEdns
      ? [{ name: '', type: 41, class: 1232, timeToLive: 0, data: { kind: 'options', options: [] } }]
      : [],
  });
  host.sendUdp({ sourcePort: 5353, destination: wire.gateway.address, destinationPort: dnsPort }, query);
  await wire.simulation.pass(10);
  return answer;
}

/** A stream to the gateway's web server. */
export function dial(wire: TestWire, host: Host, port = 80): Promise<ByteStream> {
  return host.tcp.connect(host.options.address, { address: wire.gateway.address, port });
}

export async function ask(
  wire: TestWire,
  host: Host,
  request: Parameters<typeof httpRequest>[1],
): Promise<HttpResponse & { bytes: Uint8Array }> {
  const run = async () => {
    const response = await httpRequest(await dial(wire, host), request);
    const parts: number[] = [];
    for await (const part of response.body) for (const byte of part) parts.push(byte);
    return { ...response, bytes: Uint8Array.from(parts) };
  };
  return wire.simulation.until(run());
}
