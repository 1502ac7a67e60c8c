// RFC 2131: Dynamic Host Configuration Protocol, the server
import {
  broadcastOf,
  contains,
  formatMac,
  type Ipv4Address,
  limitedBroadcast,
  type Mac,
  maskOf,
} from '../formats/addresses';
import {
  addressOption,
  dhcpClientPort,
  type DhcpMessage,
  dhcpMessageTypes,
  dhcpOperations,
  dhcpOptions,
  dhcpServerPort,
  messageType,
  parseDhcp,
  textOption,
  words,
  writeDhcp,
} from '../formats/dhcp';
import type { Datagram, Host } from './host';
import type { Surroundings } from './surroundings';

export interface DhcpOptions {
  /** First and last address to give away; both are in the host's subnet. */
  pool: { first: Ipv4Address; last: Ipv4Address };
  leaseSeconds: number;
  /** What machines put behind names without a dot. */
  domain: string;
}

/** An address that a machine has. */
export interface Lease {
  address: Ipv4Address;
  mac: Mac;
  /** As the machine calls itself, made fit for DNS, and unlike any other's; empty if it does not say. */
  hostName: string;
  /** On the monotonic clock. */
  until: number;
}

type Entry =
  | { type: 'offered' | 'leased'; client: string; lease: Lease }
  /** Somebody found it taken by a machine that never asked. */
  | { type: 'declined'; until: number };

export interface DhcpCounters {
  acknowledged: number;
  refused: number;
  released: number;
  declined: number;
  /** Questions for an address when none was left. */
  exhausted: number;
  malformed: number;
}

const offerMs = 30_000;
const declinedMs = 10 * 60_000;
const infinite = 0xffff_ffff;

/** Gives addresses away. It has as many entries as the pool has addresses, whoever asks. */
export class DhcpServer {
  readonly counters: DhcpCounters = {
    acknowledged: 0,
    refused: 0,
    released: 0,
    declined: 0,
    exhausted: 0,
    malformed: 0,
  };
  private readonly entries = new Map<Ipv4Address, Entry>();

  constructor(
    private readonly host: Host,
    private readonly options: DhcpOptions,
    private readonly surroundings: Pick<Surroundings, 'now'>,
  ) {
    host.bind(dhcpServerPort, (datagram) => this.receive(datagram));
  }

  /** Those that have not expired. */
  leases(): Lease[] {
    const leases: Lease[] = [];
    for (const entry of this.entries.values())
      if (entry.type === 'leased' && this.isCurrent(entry)) leases.push(entry.lease);
    return leases;
  }

  private receive({ payload }: Datagram): void {
    const { header: message, fault } = parseDhcp(payload);
    if (fault || message.op !== dhcpOperations.bootRequest || message.htype !== 1 || message.hlen !== 6) {
      this.counters.malformed += 1;
      return;
    }
    switch (messageType(message)) {
      case dhcpMessageTypes.discover:
        return this.onDiscover(message);
      case dhcpMessageTypes.request:
        return this.onRequest(message);
      case dhcpMessageTypes.decline:
        return this.onDecline(message);
      case dhcpMessageTypes.release:
        return this.onRelease(message);
      case dhcpMessageTypes.inform:
        return this.reply(message, dhcpMessageTypes.ack, 0);
      case undefined:
      default:
        this.counters.malformed += 1;
    }
  }

  private onDiscover(message: DhcpMessage): void {
    const client = clientOf(message);
    const address = this.choose(client, addressOption(message, dhcpOptions.requestedAddress));
    if (address === undefined) {
      this.counters.exhausted += 1;
      return;
    }
    const before = this.entries.get(address);
    // A client that asks anew keeps what it has.
    if (before?.type !== 'leased' || before.client !== client || !this.isCurrent(before))
      this.put('offered', message, address, offerMs);
    this.reply(message, dhcpMessageTypes.offer, address);
  }

  private onRequest(message: DhcpMessage): void {
    const client = clientOf(message);
    const server = addressOption(message, dhcpOptions.serverIdentifier);
    const requested = addressOption(message, dhcpOptions.requestedAddress) ?? message.ciaddr;
    if (server !== undefined && server !== this.host.options.address) {
      // It chose another server: what was offered is free again.
      this.forget(client, 'offered');
      return;
    }
    if (!this.isFree(requested, client)) {
      this.counters.refused += 1;
      return this.reply(message, dhcpMessageTypes.nak, 0);
    }
    this.forget(client);
    this.put('leased', message, requested, this.options.leaseSeconds * 1000);
    this.counters.acknowledged += 1;
    this.reply(message, dhcpMessageTypes.ack, requested);
  }

  private onDecline(message: DhcpMessage): void {
    const address = addressOption(message, dhcpOptions.requestedAddress);
    if (address === undefined || !this.belongsTo(address, clientOf(message))) return;
    this.counters.declined += 1;
    this.entries.set(address, { type: 'declined', until: this.surroundings.now() + declinedMs });
  }

  private onRelease(message: DhcpMessage): void {
    if (!this.belongsTo(message.ciaddr, clientOf(message))) return;
    this.counters.released += 1;
    this.entries.delete(message.ciaddr);
  }

  /** RFC 2131, 4.3.1: what the client had, what it wants, the first that nobody had, the one that expired first. */
  private choose(client: string, wanted: Ipv4Address | undefined): Ipv4Address | undefined {
    for (const [address, entry] of this.entries)
      if (entry.type !== 'declined' && entry.client === client) return address;
    if (wanted !== undefined && this.isFree(wanted, client)) return wanted;
    const { first, last } = this.options.pool;
    for (let address = first; address <= last; address++)
      if (!this.entries.has(address) && this.isInPool(address)) return address;
    let oldest: { address: Ipv4Address; until: number } | undefined;
    for (const [address, entry] of this.entries) {
      const until = entry.type === 'declined' ? entry.until : entry.lease.until;
      if (until <= this.surroundings.now() && (!oldest || until < oldest.until)) oldest = { address, until };
    }
    return oldest?.address;
  }

  private isInPool(address: Ipv4Address): boolean {
    const { first, last } = this.options.pool;
    const { address: own, subnet } = this.host.options;
    return (
      address >= first &&
      address <= last &&
      contains(subnet, address) &&
      address !== own &&
      address !== subnet.address &&
      address !== broadcastOf(subnet)
    );
  }

  private isFree(address: Ipv4Address, client: string): boolean {
    if (!this.isInPool(address)) return false;
    const entry = this.entries.get(address);
    return !entry || !this.isCurrent(entry) || (entry.type !== 'declined' && entry.client === client);
  }

  private belongsTo(address: Ipv4Address, client: string): boolean {
    const entry = this.entries.get(address);
    return entry !== undefined && entry.type !== 'declined' && entry.client === client;
  }

  private isCurrent(entry: Entry): boolean {
    return (entry.type === 'declined' ? entry.until : entry.lease.until) > this.surroundings.now();
  }

  private forget(client: string, type?: 'offered'): void {
    for (const [address, entry] of this.entries)
      if (entry.type !== 'declined' && entry.client === client && (!type || entry.type === type))
        this.entries.delete(address);
  }

  private put(type: 'offered' | 'leased', message: DhcpMessage, address: Ipv4Address, ms: number): void {
    const client = clientOf(message);
    const lease: Lease = {
      address,
      mac: message.chaddr,
      hostName: this.uniqueName(textOption(message, dhcpOptions.hostName) ?? '', client),
      until: this.surroundings.now() + ms,
    };
    this.entries.set(address, { type, client, lease });
  }

  /** RFC 1123, 2.1: letters, digits and hyphens. The second of a name gets a number. */
  private uniqueName(text: string, client: string): string {
    const label = text
      .toLowerCase()
      .replace(/\..*$/, '')
      .replace(/[^a-z0-9-]/g, '-')
      .slice(0, 56)
      .replace(/^-+|-+$/g, '');
    if (label === '') return '';
    const taken = new Set<string>();
    for (const entry of this.entries.values())
      if (entry.type !== 'declined' && entry.client !== client && this.isCurrent(entry))
        taken.add(entry.lease.hostName);
    let name = label;
    for (let number = 2; taken.has(name); number++) name = `${label}-${number}`;
    return name;
  }

  private reply(request: DhcpMessage, type: number, yiaddr: Ipv4Address): void {
    const { address } = this.host.options;
    const isNak = type === dhcpMessageTypes.nak;
    const message: DhcpMessage = {
      ...request,
      op: dhcpOperations.bootReply,
      hops: 0,
      secs: 0,
      ciaddr: isNak ? 0 : request.ciaddr,
      yiaddr,
      siaddr: 0,
      sname: '',
      file: '',
      options: this.replyOptions(type, yiaddr !== 0),
    };
    const payload = writeDhcp(message);
    const ports = { source: address, sourcePort: dhcpServerPort, destinationPort: dhcpClientPort };
    // RFC 2131, 4.1: to the address it has, else to all, or to its card alone.
    if (!isNak && request.ciaddr !== 0)
      this.host.sendUdp({ ...ports, destination: request.ciaddr, mac: request.chaddr }, payload);
    else if (isNak || request.broadcast || yiaddr === 0)
      this.host.sendUdp({ ...ports, destination: limitedBroadcast }, payload);
    else this.host.sendUdp({ ...ports, destination: yiaddr, mac: request.chaddr }, payload);
  }

  private replyOptions(type: number, hasLease: boolean): Map<number, Uint8Array> {
    const { address, subnet } = this.host.options;
    const options = new Map<number, Uint8Array>([
      [dhcpOptions.messageType, Uint8Array.of(type)],
      [dhcpOptions.serverIdentifier, words(address)],
    ]);
    if (type === dhcpMessageTypes.nak)
      return options.set(
        dhcpOptions.message,
        new TextEncoder().encode('This address is not of this network, or somebody else has it.'),
      );
    const { leaseSeconds, domain } = this.options;
    if (hasLease) {
      options.set(dhcpOptions.leaseTime, words(leaseSeconds));
      if (leaseSeconds !== infinite) {
        options.set(dhcpOptions.renewalTime, words(Math.floor(leaseSeconds / 2)));
        options.set(dhcpOptions.rebindingTime, words(Math.floor((leaseSeconds * 7) / 8)));
      }
    }
    return options
      .set(dhcpOptions.subnetMask, words(maskOf(subnet.prefixLength)))
      .set(dhcpOptions.broadcastAddress, words(broadcastOf(subnet)))
      .set(dhcpOptions.router, words(address))
      .set(dhcpOptions.domainNameServer, words(address))
      .set(dhcpOptions.ntpServers, words(address))
      .set(dhcpOptions.domainName, new TextEncoder().encode(domain));
  }
}

/** RFC 2131, 4.2: the identifier that a client sends, or else its card. */
function clientOf(message: DhcpMessage): string {
  const identifier = message.options.get(dhcpOptions.clientIdentifier);
  return identifier && identifier.length > 0 ? identifier.slice(0, 64).join('.') : formatMac(message.chaddr);
}
