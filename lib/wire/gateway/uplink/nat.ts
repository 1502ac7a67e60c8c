// RFC 3022: Traditional IP Network Address Translator, except that streams and not packets go on to the uplink
import { messageOf } from '../../../base/hull-error';
import type { Disposable } from '../../../base/lifecycle';
import { formatAddress } from '../../formats/addresses';
import { dnsPort } from '../../formats/dns';
import { type ByteStream, pump } from '../byte-stream';
import type { Datagram, HostOptions } from '../host';
import type { Surroundings } from '../surroundings';
import type { TcpDirectory } from '../tcp/endpoint';
import { WispClient, type MessageSocket, type UplinkCounters } from './wisp-client';

export interface UplinkOptions {
  /** Opens a WebSocket to a WISP server. */
  dial: () => MessageSocket;
  /** Who resolves names, as the server reaches it. Ours has one of its own by that name (server/). */
  resolver?: { host: string; port: number };
}

export const ownResolver = { host: 'dns.twinhull', port: dnsPort } as const;

export interface NatCounters extends UplinkCounters {
  tcpStreams: number;
  udpFlows: number;
}

/** What RFC 4787 (REQ-5) asks for at least. */
const udpIdleMs = 120_000;
const maxUdpFlows = 128;
const maxQueuedDatagrams = 16;
const dnsPatienceMs = 5_000;

interface Flow {
  stream: ByteStream;
  timer: Disposable;
  waiting: number;
}

/** Lets machines reach the internet through an uplink: their connections end here and go on as streams of the WISP server. */
export class Nat implements Disposable, NonNullable<HostOptions['forward']> {
  private readonly client: WispClient;
  /** In the order in which they were last used. */
  private readonly flows = new Map<string, Flow>();
  private tcpStreams = 0;

  constructor(
    private readonly options: UplinkOptions,
    private readonly surroundings: Surroundings,
    /** Sends a machine what came for it, as from the one it wrote to. */
    private readonly answer: (datagram: Omit<Datagram, 'mac'>) => void,
  ) {
    this.client = new WispClient(options.dial);
  }

  get counters(): NatCounters {
    return { ...this.client.counters, tcpStreams: this.tcpStreams, udpFlows: this.flows.size };
  }

  readonly tcp: TcpDirectory = (address, port) => async (stream) => {
    const remote = this.client.open('tcp', formatAddress(address), port);
    this.tcpStreams += 1;
    try {
      // One direction's failure ends the other, which would wait for ever.
      await Promise.all([
        pump(stream, remote).catch((error: unknown) => {
          remote.abort(messageOf(error));
          throw error;
        }),
        pump(remote, stream),
      ]);
      await stream.drained();
    } catch (error) {
      remote.abort(messageOf(error));
      throw error;
    } finally {
      this.tcpStreams -= 1;
    }
  };

  readonly udp = (datagram: Datagram): void => {
    const { source, sourcePort, destination, destinationPort, payload } = datagram;
    const key = `${source} ${sourcePort} ${destination} ${destinationPort}`;
    let flow = this.flows.get(key);
    if (!flow) {
      if (this.flows.size >= maxUdpFlows) this.closeOldest();
      flow = this.openFlow(key, datagram);
      if (!flow) return;
    }
    this.flows.delete(key);
    this.flows.set(key, flow);
    flow.timer.dispose();
    flow.timer = this.surroundings.after(udpIdleMs, () => this.closeFlow(key));
    if (flow.waiting >= maxQueuedDatagrams) return;
    flow.waiting += 1;
    const { stream } = flow;
    const used = flow;
    stream
      .write(payload.slice())
      .catch(() => this.closeFlow(key))
      .finally(() => (used.waiting -= 1));
  };

  /** Asks the resolver behind the uplink. */
  async resolve(query: Uint8Array): Promise<Uint8Array> {
    const { host, port } = this.options.resolver ?? ownResolver;
    const stream = this.client.open('udp', host, port);
    const timer = this.surroundings.after(dnsPatienceMs, () =>
      stream.abort('the resolver behind the uplink did not answer.'),
    );
    try {
      await stream.write(query.slice());
      return (await stream.read()) ?? new Uint8Array(0);
    } finally {
      timer.dispose();
      stream.abort('it has answered.');
    }
  }

  dispose(): void {
    for (const key of [...this.flows.keys()]) this.closeFlow(key);
    this.client.dispose();
  }

  private openFlow(key: string, datagram: Datagram): Flow | undefined {
    let stream: ByteStream;
    try {
      stream = this.client.open('udp', formatAddress(datagram.destination), datagram.destinationPort);
    } catch {
      // There is no room: as on any other router, the datagram is lost. The client counts.
      return undefined;
    }
    const flow: Flow = {
      stream,
      timer: this.surroundings.after(udpIdleMs, () => this.closeFlow(key)),
      waiting: 0,
    };
    void this.deliver(stream, datagram).finally(() => this.closeFlow(key, flow));
    return flow;
  }

  private async deliver(
    stream: ByteStream,
    { source, sourcePort, destination, destinationPort }: Datagram,
  ): Promise<void> {
    try {
      for (let payload = await stream.read(); payload; payload = await stream.read())
        this.answer({
          source: destination,
          sourcePort: destinationPort,
          destination: source,
          destinationPort: sourcePort,
          payload,
        });
    } catch {
      // Datagrams are allowed to be lost, and whoever waits for one has a clock.
    }
  }

  private closeOldest(): void {
    for (const key of this.flows.keys()) return this.closeFlow(key);
  }

  private closeFlow(key: string, only?: Flow): void {
    const flow = this.flows.get(key);
    if (!flow || (only && flow !== only)) return;
    this.flows.delete(key);
    flow.timer.dispose();
    flow.stream.abort('it was not used any more.');
  }
}
