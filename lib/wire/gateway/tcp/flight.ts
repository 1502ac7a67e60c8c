// RFC 8985: The RACK-TLP Loss Detection Algorithm (the part called RACK), on the scoreboard of RFC 2018
import type { SackBlock } from '../../formats/tcp';

export interface Segment {
  start: number;
  end: number;
  sentAt: number;
  retransmitted: boolean;
  /** `sacked`: the other side has it, beyond a gap. `lost`: to be sent again. */
  state: 'sent' | 'sacked' | 'lost';
}

/** What an acknowledgment brought. */
export interface Delivered {
  bytes: number;
  /** Of the segment that was sent last of those that arrived; undefined if that one was sent twice (Karn). */
  roundTripMs: number | undefined;
}

/**
 * What was sent and is not yet acknowledged, and which of it is lost: whatever was sent a little before something that
 * has already arrived. That also finds retransmissions that were lost again, which counting duplicates does not.
 */
export class Flight {
  /** By position, without gaps between them. */
  private segments: Segment[] = [];
  /** Bytes that are thought to be on the way: neither sacked nor lost. */
  pipe = 0;
  private sackedBytes = 0;
  private lostBytes = 0;
  /** The segment that was sent last of all that have arrived. */
  private newestSentAt = -1;
  private newestEnd = 0;
  private newestRoundTripMs = 0;

  get isEmpty(): boolean {
    return this.segments.length === 0;
  }

  get hasLost(): boolean {
    return this.lostBytes > 0;
  }

  get hasSacked(): boolean {
    return this.sackedBytes > 0;
  }

  sent(start: number, end: number, now: number): void {
    this.segments.push({ start, end, sentAt: now, retransmitted: false, state: 'sent' });
    this.pipe += end - start;
  }

  /** Takes everything before a position out. */
  acknowledge(upTo: number, now: number): Delivered {
    const delivered: Delivered = { bytes: 0, roundTripMs: undefined };
    let gone = 0;
    let newest = -1;
    for (let index = 0; ; index++) {
      const segment = this.segments[index];
      if (!segment || segment.start >= upTo) break;
      if (segment.end > upTo) this.split(index, upTo);
      gone += 1;
      delivered.bytes += segment.end - segment.start;
      if (segment.state !== 'sacked') {
        if (segment.sentAt >= newest) {
          newest = segment.sentAt;
          delivered.roundTripMs = segment.retransmitted ? undefined : now - segment.sentAt;
        }
        this.arrived(segment, now);
      }
      this.count(segment, -1);
    }
    if (gone > 0) this.segments.splice(0, gone);
    return delivered;
  }

  /** Marks what the other side says that it has. Blocks that make no sense are passed over. */
  sack(blocks: readonly SackBlock[], now: number): number {
    let bytes = 0;
    for (const block of blocks) if (block.left < block.right) bytes += this.sackBlock(block, now);
    return bytes;
  }

  /**
   * Marks as lost what was sent before something that has arrived, and had as long as that, and `reorderMs` more.
   * @returns when to look again, because something has not had its time yet; undefined if nothing waits
   */
  detectLost(now: number, reorderMs: number): number | undefined {
    let again: number | undefined;
    for (const segment of this.segments) {
      if (segment.state !== 'sent') continue;
      const { sentAt, end } = segment;
      if (sentAt > this.newestSentAt || (sentAt === this.newestSentAt && end >= this.newestEnd)) continue;
      const deadline = sentAt + this.newestRoundTripMs + reorderMs;
      if (deadline <= now) this.mark(segment, 'lost');
      else again = Math.min(again ?? Infinity, deadline);
    }
    return again;
  }

  /** For peers without SACK, after three duplicates or an acknowledgment of a part (RFC 6582). */
  markFirstLost(): void {
    const segment = this.segments[0];
    if (segment?.state === 'sent') this.mark(segment, 'lost');
  }

  /** After a timeout. If the other side says that it has the first one and never acknowledges it, it has lost what it had. */
  markAllLost(): void {
    const reneged = this.segments[0]?.state === 'sacked';
    for (const segment of this.segments) if (segment.state === 'sent' || reneged) this.mark(segment, 'lost');
  }

  /** The first segment to send again, at most `limit` bytes of it. */
  firstLost(limit: number): Segment | undefined {
    const index = this.segments.findIndex(({ state }) => state === 'lost');
    const segment = this.segments[index];
    if (segment && segment.end - segment.start > limit) this.split(index, segment.start + limit);
    return segment;
  }

  resent(segment: Segment, now: number): void {
    this.mark(segment, 'sent');
    segment.sentAt = now;
    segment.retransmitted = true;
  }

  clear(): void {
    this.segments = [];
    this.pipe = 0;
    this.sackedBytes = 0;
    this.lostBytes = 0;
  }

  private sackBlock({ left, right }: SackBlock, now: number): number {
    let from = this.indexOf(left);
    if ((this.segments[from]?.start ?? Infinity) < left) {
      if (this.segments[from]?.state !== 'sacked') this.split(from++, left);
    }
    let bytes = 0;
    let to = from;
    for (; ; to++) {
      const segment = this.segments[to];
      if (!segment || segment.start >= right) break;
      if (segment.state === 'sacked') continue;
      if (segment.end > right) this.split(to, right);
      bytes += segment.end - segment.start;
      this.arrived(segment, now);
      this.mark(segment, 'sacked');
    }
    // One entry for all of them: there are as many entries as gaps, however long the block grows.
    const first = this.segments[from];
    const last = this.segments[to - 1];
    if (first && last && first !== last) {
      first.end = last.end;
      this.segments.splice(from + 1, to - 1 - from);
    }
    return bytes;
  }

  /** The first segment that ends behind a position. */
  private indexOf(position: number): number {
    let low = 0;
    let high = this.segments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.segments[middle]?.end ?? Infinity) > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  private arrived(segment: Segment, now: number): void {
    const roundTripMs = now - segment.sentAt;
    // Sooner than anything can come back: it was the first transmission that arrived.
    if (segment.retransmitted && roundTripMs < this.newestRoundTripMs / 2) return;
    const { sentAt, end } = segment;
    if (sentAt < this.newestSentAt || (sentAt === this.newestSentAt && end <= this.newestEnd)) return;
    this.newestSentAt = sentAt;
    this.newestEnd = end;
    this.newestRoundTripMs = roundTripMs;
  }

  private split(index: number, position: number): void {
    const segment = this.segments[index];
    if (!segment) return;
    this.segments.splice(index + 1, 0, { ...segment, start: position });
    segment.end = position;
  }

  private mark(segment: Segment, state: Segment['state']): void {
    this.count(segment, -1);
    segment.state = state;
    this.count(segment, 1);
  }

  private count({ start, end, state }: Segment, sign: 1 | -1): void {
    const bytes = (end - start) * sign;
    if (state === 'sent') this.pipe += bytes;
    else if (state === 'sacked') this.sackedBytes += bytes;
    else this.lostBytes += bytes;
  }
}
