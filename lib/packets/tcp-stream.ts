import type { Packet } from '../wire/capture/capture';
import { tcpFlags } from '../wire/formats/tcp';
import { dissect } from './dissect';
import { factsOf } from './packet-facts';

/** One piece of what an end said. */
export interface StreamPart {
  /** `client` is who opened the connection, or who is heard first where that was not seen. */
  from: 'client' | 'server';
  timeNs: bigint;
  /** Empty for a gap. */
  bytes: Uint8Array;
  /** Bytes that the capture does not have. */
  missing: number;
}

export interface TcpStream {
  client: string;
  server: string;
  parts: readonly StreamPart[];
  /** What each end said, without gaps. Bytes. */
  said: Readonly<Record<StreamPart['from'], number>>;
  /** The stream goes on, but no more of it is kept. */
  isCutShort: boolean;
}

/** What is put together of one stream, both directions. */
export const mostStreamBytes = 1024 * 1024;

interface Segment {
  from: string;
  to: string;
  sequence: number;
  flags: number;
  timeNs: bigint;
  bytes: Uint8Array;
  /** As many as there were on the wire. */
  length: number;
}

/**
 * Both directions of the connection that a packet belongs to, as seen at its point, put in order by their sequence numbers:
 * what was sent twice is there once, and what is missing is said.
 * @param packets in order of time
 * @returns undefined for a packet that has no TCP
 */
export function followTcp(packets: readonly Packet[], chosen: Packet): TcpStream | undefined {
  const wanted = segmentOf(chosen);
  if (!wanted) return undefined;
  const segments: (Segment & { packet: Packet })[] = [];
  for (const packet of packets) {
    if (packet.point !== chosen.point) continue;
    const segment = segmentOf(packet);
    if (segment && isSameConnection(segment, wanted)) segments.push({ ...segment, packet });
  }
  const mine = sameOpening(
    segments,
    segments.findIndex(({ packet }) => packet === chosen),
  );
  const opening = mine.find(({ flags }) => (flags & tcpFlags.syn) !== 0);
  const isAnswer = opening && (opening.flags & tcpFlags.ack) !== 0;
  const first = opening ?? mine[0] ?? wanted;
  const [client, server] = isAnswer ? [first.to, first.from] : [first.from, first.to];
  const order = new StreamOrder();
  for (const segment of mine) order.add(segment, segment.from === client ? 'client' : 'server');
  return { client, server, ...order.finish() };
}

function segmentOf(packet: Packet): Segment | undefined {
  const { ip, transport } = factsOf(dissect(packet).layers);
  if (!ip || transport?.type !== 'tcp') return undefined;
  const { at, length } = transport.payload;
  return {
    from: `${ip.source}:${transport.sourcePort}`,
    to: `${ip.destination}:${transport.destinationPort}`,
    sequence: transport.sequence,
    flags: transport.flags,
    timeNs: packet.timeNs,
    bytes: packet.bytes.subarray(at, at + length),
    // What the capture cut off its end.
    length: length + (length > 0 ? packet.length - packet.bytes.length : 0),
  };
}

const isSameConnection = (one: Segment, other: Segment) =>
  (one.from === other.from && one.to === other.to) || (one.from === other.to && one.to === other.from);

/** The same two ports may serve one connection after another: those from the opening before to the next opening. */
function sameOpening<S extends Segment>(segments: readonly S[], chosen: number): readonly S[] {
  const opens = (segment: S | undefined) =>
    segment !== undefined && (segment.flags & (tcpFlags.syn | tcpFlags.ack)) === tcpFlags.syn;
  const isNew = (at: number) => {
    const before = segments.slice(0, at).findLast(opens);
    return opens(segments[at]) && before?.sequence !== segments[at]?.sequence;
  };
  let start = chosen;
  while (start > 0 && !isNew(start)) start--;
  let end = chosen + 1;
  while (end < segments.length && !isNew(end)) end++;
  return segments.slice(start, end);
}

/** Sequence numbers wrap: how far `one` is ahead of `other`, between -2^31 and 2^31. */
const ahead = (one: number, other: number) => (one - other) | 0;

/** What waits for a gap to close. More is taken as it is. */
const mostWaiting = 4096;

class StreamOrder {
  private readonly parts: StreamPart[] = [];
  private readonly next: Partial<Record<StreamPart['from'], number>> = {};
  private readonly waiting: Record<StreamPart['from'], Segment[]> = { client: [], server: [] };
  private readonly said = { client: 0, server: 0 };
  private isCutShort = false;

  add(segment: Segment, from: StreamPart['from']): void {
    const isSyn = (segment.flags & tcpFlags.syn) !== 0;
    // A SYN takes a number itself.
    if (isSyn) this.next[from] ??= (segment.sequence + 1) >>> 0;
    if (segment.length === 0 || isSyn) return;
    this.next[from] ??= segment.sequence;
    this.waiting[from].push(segment);
    this.take(from);
    if (this.waiting[from].length > mostWaiting) this.skipGap(from);
  }

  finish(): Pick<TcpStream, 'parts' | 'said' | 'isCutShort'> {
    for (const from of ['client', 'server'] as const)
      while (this.waiting[from].length > 0) this.skipGap(from);
    return { parts: this.parts, said: this.said, isCutShort: this.isCutShort };
  }

  /** Everything that goes on where the stream is. */
  private take(from: StreamPart['from']): void {
    for (;;) {
      const next = this.next[from] ?? 0;
      const index = this.waiting[from].findIndex(({ sequence }) => ahead(sequence, next) <= 0);
      const segment = this.waiting[from][index];
      if (!segment) return;
      this.waiting[from].splice(index, 1);
      const known = -ahead(segment.sequence, next);
      if (known >= segment.length) continue;
      this.next[from] = (segment.sequence + segment.length) >>> 0;
      this.say(from, segment, known);
    }
  }

  private say(from: StreamPart['from'], segment: Segment, known: number): void {
    const room = mostStreamBytes - this.said.client - this.said.server;
    const fresh = segment.bytes.subarray(known);
    const bytes = fresh.subarray(0, Math.max(0, room));
    if (bytes.length < fresh.length) this.isCutShort = true;
    this.said[from] += bytes.length;
    if (bytes.length > 0) this.parts.push({ from, timeNs: segment.timeNs, bytes, missing: 0 });
    const lost = segment.length - Math.max(known, segment.bytes.length);
    if (lost > 0) this.gap(from, segment, lost);
  }

  /** The capture does not have it: goes on behind the nearest gap. */
  private skipGap(from: StreamPart['from']): void {
    const next = this.next[from] ?? 0;
    const nearest = this.waiting[from].reduce((best, segment) =>
      ahead(segment.sequence, best.sequence) < 0 ? segment : best,
    );
    const missing = ahead(nearest.sequence, next);
    if (missing > 0) this.gap(from, nearest, missing);
    this.next[from] = nearest.sequence;
    this.take(from);
  }

  private gap(from: StreamPart['from'], { timeNs }: Segment, missing: number): void {
    if (!this.isCutShort) this.parts.push({ from, timeNs, bytes: new Uint8Array(0), missing });
  }
}
