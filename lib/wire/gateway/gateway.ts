import type { Disposable } from '../../base/lifecycle';
import { failures } from '../failures';
import type { Frame, FrameSink } from '../frame';
import { broadcastOf, formatAddress, type Ipv4Address, type Mac, type Subnet } from '../formats/addresses';
import { dnsPort } from '../formats/dns';
import { type DhcpCounters, DhcpServer, type Lease } from './dhcp-server';
import { type DnsCounters, DnsServer, type ZoneEntry } from './dns-server';
import { echo } from './echo';
import { Host, type HostCounters } from './host';
import { fetchFrom, type WireRequest, type WireResponse } from './http/fetch';
import { type HttpCounters, type HttpHandler, HttpServer, sentence } from './http/http-server';
import { serveNtp } from './ntp-server';
import { Registry, type RegistryCounters, type StaticFiles } from './registry';
import type { Surroundings } from './surroundings';
import type { TcpService } from './tcp/endpoint';
import type { TcpSettings } from './tcp/settings';
import { Nat, type NatCounters, type UplinkOptions } from './uplink/nat';

export interface GatewayOptions {
  surroundings: Surroundings;
  /** Where its frames go: the port of the switch. */
  send: FrameSink;
  /** The network behind it; 10.0.0.0/24 unless given. The gateway has its first address. */
  subnet?: Subnet;
  mac?: Mac;
  /** The public registry's folder, for registry.twinhull. */
  registry?: StaticFiles;
  /** At first. */
  names?: Readonly<Record<string, ZoneEntry>>;
  /** Seconds; an hour unless given. */
  leaseSeconds?: number;
  tcpSettings?: Partial<TcpSettings>;
  /** The way to the internet; without it, there is none. */
  uplink?: UplinkOptions;
}

export interface GatewayCounters {
  host: HostCounters;
  dhcp: DhcpCounters;
  dns: DnsCounters;
  http: HttpCounters;
  registry: RegistryCounters | undefined;
  uplink: NatCounters | undefined;
}

/** Names without a dot that mean machines of this wire. */
export const zone = 'twinhull';
export const defaultSubnet: Subnet = { address: 0x0a00_0000, prefixLength: 24 };
/** Locally administered; ends like its address, so that captures can be read. */
const defaultMac: Mac = 0x0254_4800_0001;
const httpPort = 80;
/** Addresses below this are left to people who give them by hand. */
const firstOfPool = 10;

/** What is at the end of every wire: gives addresses, names and the time, and serves the registry. */
export class Gateway implements Disposable {
  readonly host: Host;
  readonly dhcp: DhcpServer;
  readonly address: Ipv4Address;
  /** Further names of the zone: aliases and addresses. */
  names: Readonly<Record<string, ZoneEntry>>;
  private readonly dns: DnsServer;
  private readonly http: HttpServer;
  private readonly registry: Registry | undefined;
  private readonly nat: Nat | undefined;
  private readonly fetches = new Set<AbortController>();
  private readonly sites: Map<string, HttpHandler>;

  constructor(private readonly options: GatewayOptions) {
    const { surroundings, subnet = defaultSubnet } = options;
    this.address = subnet.address + 1;
    this.names = options.names ?? {};
    this.registry = options.registry && new Registry(options.registry);
    this.sites = new Map<string, HttpHandler>([
      ['echo', echo],
      ...(this.registry ? [['registry', this.registry.handle] as const] : []),
    ]);
    this.http = new HttpServer((request) => this.route(request), surroundings);
    this.nat =
      options.uplink &&
      new Nat(options.uplink, surroundings, (datagram) => this.host.sendUdp(datagram, datagram.payload));
    const { nat } = this;
    this.host = new Host({
      mac: options.mac ?? defaultMac,
      address: this.address,
      subnet,
      surroundings,
      send: options.send,
      tcp: (_, port) => this.serviceAt(port),
      ...(options.tcpSettings && { tcpSettings: options.tcpSettings }),
      forward: nat,
    });
    this.dhcp = new DhcpServer(
      this.host,
      {
        pool: { first: subnet.address + firstOfPool, last: broadcastOf(subnet) - 1 },
        leaseSeconds: options.leaseSeconds ?? 3600,
        domain: zone,
      },
      surroundings,
    );
    this.dns = new DnsServer(this.host, {
      zone,
      find: (name) => this.find(name),
      nameOf: (address) => this.nameOf(address),
      ...(nat && { forward: (query: Uint8Array) => nat.resolve(query) }),
    });
    serveNtp(this.host, surroundings);
  }

  get counters(): GatewayCounters {
    return {
      host: this.host.counters,
      dhcp: { ...this.dhcp.counters },
      dns: { ...this.dns.counters },
      http: { ...this.http.counters },
      registry: this.registry && { ...this.registry.counters },
      uplink: this.nat?.counters,
    };
  }

  /** A frame from the switch. It is the gateway's from now on. */
  readonly receive = (frame: Frame): void => this.host.receive(frame);

  /** Asks a machine's service. @throws HullError, see `fetchFrom` */
  fetch(request: WireRequest, signal: AbortSignal): Promise<WireResponse> {
    const { surroundings } = this.options;
    const ended = new AbortController();
    const give = () => ended.abort(signal.reason);
    signal.addEventListener('abort', give, { once: true });
    this.fetches.add(ended);
    if (signal.aborted) give();
    return fetchFrom(this.host, surroundings, request, ended.signal).finally(() => {
      this.fetches.delete(ended);
      signal.removeEventListener('abort', give);
    });
  }

  /** Machines that have an address from here. */
  leases(): Lease[] {
    return this.dhcp.leases();
  }

  dispose(): void {
    const gone = failures.noGateway(formatAddress(this.address));
    for (const fetch of this.fetches) fetch.abort(gone);
    this.host.dispose();
    this.nat?.dispose();
  }

  private serviceAt(port: number): TcpService | undefined {
    if (port === httpPort) return this.http.service;
    if (port === dnsPort) return this.dns.tcpService;
    return undefined;
  }

  private readonly route: HttpHandler = async (request) => {
    const name = request.host.endsWith(`.${zone}`) ? request.host.slice(0, -zone.length - 1) : request.host;
    const site = this.sites.get(name);
    if (site) return site(request);
    const known = [...this.sites.keys()].map((each) => `http://${each}.${zone}/`).join(' and ');
    if (name === 'gateway' || request.host === formatAddress(this.address))
      return sentence(200, `This is the gateway of the wire. It serves ${known}.`);
    return sentence(
      404,
      `The gateway has no site called ${JSON.stringify(request.host)}. It serves ${known}.`,
    );
  };

  private find(name: string): ZoneEntry | undefined {
    if (Object.hasOwn(this.names, name)) return this.names[name];
    if (name === 'gateway' || this.sites.has(name)) return { type: 'address', address: this.address };
    const lease = this.leases().find(({ hostName }) => hostName !== '' && hostName === name);
    return lease && { type: 'address', address: lease.address };
  }

  private nameOf(address: Ipv4Address): string | undefined {
    if (address === this.address) return 'gateway';
    return this.leases().find((lease) => lease.address === address)?.hostName || undefined;
  }
}
