// https://github.com/MercuryWorkshop/wisp-protocol/blob/main/protocol.md, the client
import { HullError } from '../../../base/hull-error';
import type { Disposable } from '../../../base/lifecycle';
import { parseWisp, wispReasons, wispStreamTypes, writeWisp } from '../../formats/wisp';
import type { ByteStream } from '../byte-stream';

export type UplinkErrorCode = 'uplink-unreachable' | 'uplink-closed' | 'uplink-full';

/** A WebSocket that carries binary messages, wherever it comes from. */
export interface MessageSocket {
  send(bytes: Uint8Array<ArrayBuffer>): void;
  close(): void;
  onOpen(listener: () => void): void;
  onMessage(listener: (bytes: Uint8Array) => void): void;
  /** Also when it could not be opened. */
  onClose(listener: () => void): void;
}

export interface UplinkCounters {
  opened: number;
  refused: number;
  /** Streams whose reader was so slow that they were given up: the protocol cannot ask the other side to wait. */
  overflowed: number;
  malformed: number;
}

const maxStreams = 256;
/** What is held for a reader. */
const maxUnreadBytes = 8 * 1024 * 1024;
/** Of a message to the server. */
const maxDataBytes = 32 * 1024;

/** Streams through a WISP server. The socket is opened when the first one is, and again when it was lost. */
export class WispClient implements Disposable {
  readonly counters: UplinkCounters = { opened: 0, refused: 0, overflowed: 0, malformed: 0 };
  private socket: MessageSocket | undefined;
  /** Packets that the server takes of a new stream; unknown until it has said so. */
  private credit: number | undefined;
  private readonly streams = new Map<number, WispStream>();
  private nextStream = 1;
  private isDisposed = false;

  constructor(private readonly dial: () => MessageSocket) {}

  get size(): number {
    return this.streams.size;
  }

  /** The stream can be written to at once. If nobody is there, its reads and writes reject. @throws HullError `uplink-full` */
  open(kind: 'tcp' | 'udp', host: string, port: number): ByteStream {
    if (this.streams.size >= maxStreams)
      throw uplinkError('uplink-full', `There are ${maxStreams} connections through the uplink already.`);
    if (this.isDisposed) throw uplinkError('uplink-closed', 'The uplink is off.');
    const socket = (this.socket ??= this.connect());
    const id = this.nextStream++;
    const stream = new WispStream(`${host}:${port}`, kind === 'udp', {
      send: (bytes) => socket.send(writeWisp({ type: 'data', stream: id, bytes })),
      close: () => {
        if (this.streams.delete(id) && this.socket === socket && this.credit !== undefined)
          socket.send(writeWisp({ type: 'close', stream: id, reason: wispReasons.voluntary }));
      },
      overflow: () => (this.counters.overflowed += 1),
    });
    this.streams.set(id, stream);
    this.counters.opened += 1;
    stream.start = () => {
      const streamType = wispStreamTypes[kind];
      socket.send(writeWisp({ type: 'connect', stream: id, streamType, port, host }));
      stream.grant(this.credit ?? 0);
    };
    if (this.credit !== undefined) stream.begin();
    return stream;
  }

  dispose(): void {
    this.isDisposed = true;
    this.socket?.close();
    this.lose('The uplink was switched off.');
  }

  private connect(): MessageSocket {
    const socket = this.dial();
    socket.onMessage((bytes) => this.socket === socket && this.receive(bytes));
    socket.onClose(() => {
      if (this.socket !== socket) return;
      this.lose(
        this.credit === undefined ? 'The uplink does not answer.' : 'The uplink closed the connection.',
      );
    });
    return socket;
  }

  private lose(why: string): void {
    this.socket = undefined;
    this.credit = undefined;
    const lost = [...this.streams.values()];
    this.streams.clear();
    for (const stream of lost) stream.fail(uplinkError('uplink-unreachable', why));
  }

  private receive(bytes: Uint8Array): void {
    const { header: packet, fault } = parseWisp(bytes);
    if (fault) {
      this.counters.malformed += 1;
      return;
    }
    const stream = this.streams.get(packet.stream);
    switch (packet.type) {
      case 'continue':
        if (packet.stream === 0) {
          const isFirst = this.credit === undefined;
          this.credit = packet.packets;
          if (isFirst) for (const each of this.streams.values()) each.begin();
        } else stream?.grant(packet.packets);
        return;
      case 'data':
        return stream?.receive(bytes.slice(bytes.length - packet.bytes.length));
      case 'close':
        this.streams.delete(packet.stream);
        if (packet.reason !== wispReasons.voluntary) this.counters.refused += 1;
        return stream?.finish(packet.reason);
      case 'info':
        // A server of version 2 that was not asked for it: say that this is one, without extensions but that of datagrams.
        return this.socket?.send(
          Uint8Array.of(...writeWisp({ type: 'info', stream: 0, major: 2, minor: 0 }), 1, 0, 0, 0, 0),
        );
      case 'connect':
      case 'unknown':
        this.counters.malformed += 1;
    }
  }
}

class WispStream implements ByteStream {
  start: (() => void) | undefined;
  private credit = 0;
  private pending: Uint8Array[] = [];
  private received: Uint8Array[] = [];
  private receivedBytes = 0;
  private isFinished = false;
  private failure: Error | undefined;
  private reader: { resolve(bytes: Uint8Array | undefined): void; reject(error: unknown): void } | undefined;
  private writers: { resolve(): void; reject(error: unknown): void }[] = [];

  constructor(
    readonly peer: string,
    /** Datagrams keep their borders and need no credit. */
    private readonly isDatagrams: boolean,
    private readonly wire: { send(bytes: Uint8Array): void; close(): void; overflow(): void },
  ) {}

  read(): Promise<Uint8Array | undefined> {
    const bytes = this.received.shift();
    if (bytes) {
      this.receivedBytes -= bytes.length;
      return Promise.resolve(bytes);
    }
    if (this.isFinished) return Promise.resolve(undefined);
    if (this.failure) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      this.reader = { resolve, reject };
    });
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.failure) throw this.failure;
    if (this.isFinished) throw uplinkError('uplink-closed', `${this.peer} has closed the connection.`);
    if (this.isDatagrams) this.pending.push(bytes);
    else
      for (let at = 0; at < bytes.length; at += maxDataBytes)
        this.pending.push(bytes.subarray(at, at + maxDataBytes));
    this.flush();
    if (this.pending.length === 0) return;
    await new Promise<void>((resolve, reject) => this.writers.push({ resolve, reject }));
  }

  /** The protocol has no half-close: the stream ends when the other side has answered and ends it. */
  end(): void {}

  async drained(): Promise<void> {
    if (this.failure) throw this.failure;
  }

  abort(reason: string): void {
    this.wire.close();
    this.fail(uplinkError('uplink-closed', `The connection with ${this.peer} was given up: ${reason}`));
  }

  /** The socket is open. */
  begin(): void {
    const { start } = this;
    this.start = undefined;
    start?.();
  }

  grant(packets: number): void {
    this.credit = packets;
    this.flush();
  }

  receive(bytes: Uint8Array): void {
    const { reader } = this;
    if (reader) {
      this.reader = undefined;
      reader.resolve(bytes);
      return;
    }
    this.received.push(bytes);
    this.receivedBytes += bytes.length;
    if (this.receivedBytes <= maxUnreadBytes) return;
    this.wire.overflow();
    this.abort('it sends faster than the machine reads.');
  }

  finish(reason: number): void {
    if (reason !== wispReasons.voluntary)
      return this.fail(uplinkError('uplink-closed', closedBecause(this.peer, reason)));
    this.isFinished = true;
    const { reader } = this;
    this.reader = undefined;
    reader?.resolve(undefined);
    for (const { reject } of this.writers.splice(0))
      reject(uplinkError('uplink-closed', `${this.peer} has closed the connection.`));
  }

  fail(failure: Error): void {
    if (this.failure || this.isFinished) return;
    this.failure = failure;
    this.pending = [];
    const { reader } = this;
    this.reader = undefined;
    reader?.reject(failure);
    for (const { reject } of this.writers.splice(0)) reject(failure);
  }

  private flush(): void {
    if (this.start) return;
    while (this.pending.length > 0 && (this.isDatagrams || this.credit > 0)) {
      const bytes = this.pending.shift();
      if (!bytes) break;
      this.credit -= 1;
      this.wire.send(bytes);
    }
    if (this.pending.length === 0) for (const { resolve } of this.writers.splice(0)) resolve();
  }
}

function closedBecause(peer: string, reason: number): string {
  switch (reason) {
    case wispReasons.unreachable:
      return `${peer} cannot be reached from the uplink.`;
    case wispReasons.timeout:
      return `${peer} did not answer the uplink in time.`;
    case wispReasons.refused:
      return `${peer} refused the connection.`;
    case wispReasons.blocked:
      return `The uplink does not lead to ${peer}: it is no address of the public internet.`;
    case wispReasons.throttled:
      return 'The uplink has as many connections as it allows.';
    default:
      return `The uplink closed the connection with ${peer}.`;
  }
}

function uplinkError(code: UplinkErrorCode, message: string): HullError<UplinkErrorCode> {
  return new HullError(
    code,
    message,
    'Check that the uplink is on and allows this address (docs/uplink.md).',
  );
}
