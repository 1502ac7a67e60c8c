// RFC 9293, 3.10: which connection a segment belongs to
import type { Ipv4Address } from '../../formats/addresses';
import { tcpFlags, type TcpHeader } from '../../formats/tcp';
import type { ByteStream } from '../byte-stream';
import { random32, type Surroundings } from '../surroundings';
import { type ConnectionOwner, type Outgoing, TcpConnection, type TcpAddresses } from './connection';
import { failures } from './failures';
import { SendQueue } from './send-queue';
import { defaultTcpSettings, type TcpSettings } from './settings';

/** What becomes of a connection that somebody opened. It may take as long as it needs; a rejection resets the connection. */
export type TcpService = (stream: ByteStream, addresses: TcpAddresses) => Promise<void>;

/** Says who answers at an address and port; undefined refuses. */
export type TcpDirectory = (address: Ipv4Address, port: number) => TcpService | undefined;

export interface TcpCounters {
  opened: number;
  accepted: number;
  refused: number;
  /** Half-open connections that gave way to newer ones: many are a SYN flood. */
  halfOpenDropped: number;
  /** SYNs that there was no room for. */
  overflowed: number;
  failed: number;
  retransmissions: number;
  timeouts: number;
}

/** Takes a segment that is ready but for its checksum and addresses. */
export type SegmentSink = (addresses: TcpAddresses, segment: Outgoing) => void;

/** RFC 6335: ports for calls to others. */
const firstEphemeralPort = 49_152;
const ephemeralPorts = 65_536 - firstEphemeralPort;

const noData = new SendQueue();

export class TcpEndpoint {
  readonly settings: TcpSettings;
  readonly counters: TcpCounters = {
    opened: 0,
    accepted: 0,
    refused: 0,
    halfOpenDropped: 0,
    overflowed: 0,
    failed: 0,
    retransmissions: 0,
    timeouts: 0,
  };
  /** In the order in which they came. */
  private readonly connections = new Map<string, TcpConnection>();
  private readonly halfOpen = new Set<TcpConnection>();
  private readonly services = new Map<TcpConnection, TcpService>();
  private readonly dialling = new Map<
    TcpConnection,
    { resolve(stream: ByteStream): void; reject(error: unknown): void }
  >();
  private readonly owner: ConnectionOwner;

  constructor(
    private readonly surroundings: Surroundings,
    private readonly send: SegmentSink,
    private readonly directory: TcpDirectory,
    settings: Partial<TcpSettings> = {},
  ) {
    this.settings = { ...defaultTcpSettings, ...settings };
    this.owner = {
      surroundings,
      settings: this.settings,
      transmit: (connection, segment) => this.send(connection.addresses, segment),
      onEstablished: (connection) => this.onEstablished(connection),
      onClosed: (connection) => this.onClosed(connection),
    };
  }

  /** How many connections there are, of whatever state. */
  get size(): number {
    return this.connections.size;
  }

  list(): readonly TcpConnection[] {
    return [...this.connections.values()];
  }

  /** Calls somebody. Rejects with a `TcpError`: refused, nobody there, no room. */
  connect(
    local: Ipv4Address,
    remote: { address: Ipv4Address; port: number },
    signal?: AbortSignal,
  ): Promise<ByteStream> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const addresses = this.freeAddresses(local, remote);
      if (!addresses || !this.makeRoom()) return reject(failures.full());
      this.counters.opened += 1;
      const connection = TcpConnection.connect(addresses, this.owner);
      this.connections.set(keyOf(addresses), connection);
      const onAbort = () => connection.abort('the call was cancelled.');
      signal?.addEventListener('abort', onAbort, { once: true });
      const forget = () => signal?.removeEventListener('abort', onAbort);
      this.dialling.set(connection, {
        resolve: (stream) => {
          forget();
          resolve(stream);
        },
        reject: (error) => {
          forget();
          reject(signal?.aborted ? signal.reason : error);
        },
      });
    });
  }

  /** A segment whose checksum is right. */
  receive(source: Ipv4Address, destination: Ipv4Address, header: TcpHeader, payload: Uint8Array): void {
    const addresses: TcpAddresses = {
      localAddress: destination,
      localPort: header.destinationPort,
      remoteAddress: source,
      remotePort: header.sourcePort,
    };
    const key = keyOf(addresses);
    const connection = this.connections.get(key);
    const isSyn = (header.flags & (tcpFlags.syn | tcpFlags.ack | tcpFlags.rst)) === tcpFlags.syn;
    if (connection && !(isSyn && connection.yieldsTo(header))) {
      connection.receive(header, payload);
      return;
    }
    connection?.drop();
    if (isSyn) this.accept(key, addresses, header);
    else this.refuse(addresses, header, payload.length);
  }

  /** Gives up everything, saying so to the other sides. */
  abortAll(reason: string): void {
    for (const connection of this.list()) {
      connection.abort(reason);
      connection.drop();
    }
  }

  private accept(key: string, addresses: TcpAddresses, syn: TcpHeader): void {
    const service = this.directory(addresses.localAddress, addresses.localPort);
    if (!service) {
      this.counters.refused += 1;
      return this.refuse(addresses, syn, 0);
    }
    if (this.halfOpen.size >= this.settings.maxHalfOpen) this.dropOldestHalfOpen();
    if (!this.makeRoom()) {
      this.counters.overflowed += 1;
      return;
    }
    const connection = TcpConnection.accept(addresses, syn, this.owner);
    this.connections.set(key, connection);
    this.halfOpen.add(connection);
    this.services.set(connection, service);
  }

  private onEstablished(connection: TcpConnection): void {
    this.halfOpen.delete(connection);
    const dialling = this.dialling.get(connection);
    this.dialling.delete(connection);
    dialling?.resolve(connection);
    const service = this.services.get(connection);
    this.services.delete(connection);
    if (!service) return;
    this.counters.accepted += 1;
    service(connection, connection.addresses).catch((error: unknown) =>
      connection.abort(error instanceof Error ? error.message : String(error)),
    );
  }

  private onClosed(connection: TcpConnection): void {
    const key = keyOf(connection.addresses);
    if (this.connections.get(key) === connection) this.connections.delete(key);
    this.halfOpen.delete(connection);
    this.services.delete(connection);
    this.counters.retransmissions += connection.sender.retransmissions;
    this.counters.timeouts += connection.sender.timeouts;
    if (connection.hasFailed) this.counters.failed += 1;
    const dialling = this.dialling.get(connection);
    if (!dialling) return;
    this.dialling.delete(connection);
    connection.read().then(
      () => dialling.reject(failures.refused(connection.peer)),
      (error: unknown) => dialling.reject(error),
    );
  }

  private dropOldestHalfOpen(): void {
    const [oldest] = this.halfOpen;
    if (!oldest) return;
    this.counters.halfOpenDropped += 1;
    oldest.drop();
  }

  /** Connections that only wait for stragglers give way. */
  private makeRoom(): boolean {
    if (this.connections.size < this.settings.maxConnections) return true;
    for (const connection of this.connections.values()) {
      if (connection.state !== 'time-wait') continue;
      connection.drop();
      return true;
    }
    return false;
  }

  private freeAddresses(
    localAddress: Ipv4Address,
    { address, port }: { address: Ipv4Address; port: number },
  ): TcpAddresses | undefined {
    const start = random32(this.surroundings);
    for (let attempt = 0; attempt < ephemeralPorts; attempt++) {
      const localPort = firstEphemeralPort + ((start + attempt) % ephemeralPorts);
      const addresses = { localAddress, localPort, remoteAddress: address, remotePort: port };
      if (!this.connections.has(keyOf(addresses))) return addresses;
    }
    return undefined;
  }

  /** RFC 9293, 3.10.7.1: nobody is there. */
  private refuse(addresses: TcpAddresses, header: TcpHeader, payloadBytes: number): void {
    const { flags } = header;
    if ((flags & tcpFlags.rst) !== 0) return;
    const hasAck = (flags & tcpFlags.ack) !== 0;
    const length = payloadBytes + (flags & tcpFlags.syn ? 1 : 0) + (flags & tcpFlags.fin ? 1 : 0);
    this.send(addresses, {
      header: {
        sourcePort: addresses.localPort,
        destinationPort: addresses.remotePort,
        sequenceNumber: hasAck ? header.acknowledgmentNumber : 0,
        acknowledgmentNumber: hasAck ? 0 : (header.sequenceNumber + length) >>> 0,
        flags: hasAck ? tcpFlags.rst : tcpFlags.rst | tcpFlags.ack,
        window: 0,
        urgentPointer: 0,
        options: {},
      },
      data: noData,
      dataFrom: 1,
      dataBytes: 0,
      segmentBytes: 1,
    });
  }
}

function keyOf({ localAddress, localPort, remoteAddress, remotePort }: TcpAddresses): string {
  return `${remoteAddress * 65_536 + remotePort} ${localAddress * 65_536 + localPort}`;
}
