// https://github.com/MercuryWorkshop/wisp-protocol/blob/main/protocol.md, version 1, the server
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';
import type { WebSocket } from 'ws';
import {
  parseWisp,
  wispReasons,
  wispStreamTypes,
  type WispPacket,
  writeWisp,
} from '../lib/wire/formats/wisp';

export interface UplinkRules {
  /** Streams that one page may have open. */
  maxStreams: number;
  /** Data packets that a page may send of a stream before it hears that they have left. */
  bufferPackets: number;
  /** Whether an address may be reached. */
  allows(address: string): boolean;
  /** Where questions to `dns.twinhull` go: a resolver of this server's choice, which may be in its own network. */
  resolver: { address: string; port: number };
  /** Milliseconds. */
  connectTimeoutMs: number;
  idleTimeoutMs: number;
}

export const resolverName = 'dns.twinhull';
/** A page that does not read would fill this process: sockets are paused above, and go on below half of it. */
const maxUnsentBytes = 4 * 1024 * 1024;

interface Stream {
  send(bytes: Uint8Array): void;
  pause(): void;
  resume(): void;
  destroy(): void;
}

/** Serves one page. Ends with its WebSocket, and takes all its connections with it. */
export function serveUplink(socket: WebSocket, rules: UplinkRules): void {
  /** Those whose name is being looked up hold what came for them. */
  const streams = new Map<number, Stream | Uint8Array[]>();
  let isPaused = false;

  const tell = (packet: Exclude<WispPacket, { type: 'unknown' }>) => {
    socket.send(writeWisp(packet), () => {
      if (!isPaused || socket.bufferedAmount > maxUnsentBytes / 2) return;
      isPaused = false;
      for (const stream of streams.values()) if (!Array.isArray(stream)) stream.resume();
    });
    if (isPaused || socket.bufferedAmount <= maxUnsentBytes) return;
    isPaused = true;
    for (const stream of streams.values()) if (!Array.isArray(stream)) stream.pause();
  };
  const close = (id: number, reason: number) => {
    const stream = streams.get(id);
    if (stream === undefined) return;
    streams.delete(id);
    if (!Array.isArray(stream)) stream.destroy();
    tell({ type: 'close', stream: id, reason });
  };

  const open = async ({ stream: id, streamType, host, port }: WispPacket & { type: 'connect' }) => {
    if (streams.has(id)) return;
    if (streams.size >= rules.maxStreams)
      return tell({ type: 'close', stream: id, reason: wispReasons.throttled });
    const early: Uint8Array[] = [];
    streams.set(id, early);
    const isDatagrams = streamType === wispStreamTypes.udp;
    if (port === 0 || (!isDatagrams && streamType !== wispStreamTypes.tcp))
      return close(id, wispReasons.invalid);
    const target =
      isDatagrams && host === resolverName ? rules.resolver : await allowedAddress(host, port, rules);
    if (typeof target === 'number') return close(id, target);
    if (streams.get(id) !== early) return;
    const events = {
      onData: (bytes: Uint8Array) => tell({ type: 'data', stream: id, bytes }),
      onSent: (packets: number) => tell({ type: 'continue', stream: id, packets }),
      onClosed: (reason: number) => close(id, reason),
    };
    const stream = isDatagrams ? openUdp(target, rules, events) : openTcp(target, rules, events);
    streams.set(id, stream);
    if (isPaused) stream.pause();
    for (const bytes of early) stream.send(bytes);
  };

  socket.on('message', (data: unknown, isBinary: boolean) => {
    if (!isBinary || !Buffer.isBuffer(data)) return;
    const { header: packet, fault } = parseWisp(data);
    if (fault) return;
    const stream = streams.get(packet.stream);
    if (packet.type === 'connect') void open(packet);
    else if (packet.type === 'data' && stream) {
      if (!Array.isArray(stream)) stream.send(packet.bytes);
      else if (stream.length < rules.bufferPackets) stream.push(packet.bytes);
    } else if (packet.type === 'close' && stream) {
      streams.delete(packet.stream);
      if (!Array.isArray(stream)) stream.destroy();
    }
  });
  socket.on('close', () => {
    for (const stream of streams.values()) if (!Array.isArray(stream)) stream.destroy();
    streams.clear();
  });
  // A close follows.
  socket.on('error', () => {});
  tell({ type: 'continue', stream: 0, packets: rules.bufferPackets });
}

/** The address is looked up once and then used, so that a name cannot lead elsewhere between check and call. */
async function allowedAddress(
  host: string,
  port: number,
  rules: UplinkRules,
): Promise<{ address: string; port: number } | number> {
  let addresses: string[];
  try {
    addresses = isIP(host) ? [host] : (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    return wispReasons.unreachable;
  }
  const [address] = addresses;
  if (address === undefined) return wispReasons.unreachable;
  // A name with a private address among its public ones is an attack, not a site.
  return addresses.every((each) => rules.allows(each)) ? { address, port } : wispReasons.blocked;
}

interface Events {
  onData(bytes: Uint8Array): void;
  /** So many packets may come now. */
  onSent(packets: number): void;
  onClosed(reason: number): void;
}

function openTcp(
  { address, port }: { address: string; port: number },
  rules: UplinkRules,
  events: Events,
): Stream {
  const socket: Socket = connect({ host: address, port });
  let unsent = 0;
  let reason: number = wispReasons.voluntary;
  socket.setTimeout(rules.connectTimeoutMs, () => {
    reason = wispReasons.timeout;
    socket.destroy();
  });
  socket.once('connect', () => {
    socket.setTimeout(rules.idleTimeoutMs);
    socket.setNoDelay(true);
  });
  socket.on('data', (bytes) => events.onData(bytes));
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (reason !== wispReasons.voluntary) return;
    reason =
      error.code === 'ECONNREFUSED'
        ? wispReasons.refused
        : error.code === 'EHOSTUNREACH' || error.code === 'ENETUNREACH'
          ? wispReasons.unreachable
          : wispReasons.networkError;
  });
  socket.on('close', () => events.onClosed(reason));
  return {
    send(bytes) {
      unsent += 1;
      // More than was allowed: a client that does not keep to the protocol.
      if (unsent > rules.bufferPackets) return void socket.destroy();
      socket.write(bytes, () => {
        unsent -= 1;
        if (unsent === 0) events.onSent(rules.bufferPackets);
      });
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    destroy: () => void socket.destroy(),
  };
}

function openUdp(
  { address, port }: { address: string; port: number },
  rules: UplinkRules,
  events: Events,
): Stream {
  const socket: UdpSocket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
  let isPaused = false;
  let isClosed = false;
  const end = (reason: number) => {
    if (isClosed) return;
    isClosed = true;
    clearTimeout(timer);
    socket.close();
    events.onClosed(reason);
  };
  const timer = setTimeout(() => end(wispReasons.voluntary), rules.idleTimeoutMs);
  socket.on('message', (bytes) => {
    timer.refresh();
    // Datagrams may be lost.
    if (!isPaused) events.onData(bytes);
  });
  socket.on('error', () => end(wispReasons.networkError));
  // Connected, so that nobody else's datagrams come in.
  socket.connect(port, address);
  const ready = new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  return {
    send(bytes) {
      timer.refresh();
      void ready.then(() => !isClosed && socket.send(bytes));
    },
    pause: () => (isPaused = true),
    resume: () => (isPaused = false),
    destroy: () => {
      if (isClosed) return;
      isClosed = true;
      clearTimeout(timer);
      socket.close();
    },
  };
}
