// RFC 9293, 3.10.7.4 (segment text) and RFC 2018 (what a receiver says of it)
import type { SackBlock } from '../../formats/tcp';

/** Smaller pieces are copied together, because a piece costs more than its bytes. */
const smallBytes = 1024;
const pageBytes = 4096;
/** Gaps make pieces, and whoever sends single bytes makes many: those beyond are dropped, and will be sent again. */
const maxPieces = 512;
/** What fits into the options beside a timestamp. */
const maxSackBlocks = 3;

interface Piece {
  start: number;
  end: number;
  bytes: Uint8Array;
}

/** Puts what arrives in order. Positions as in sequence.ts; the first byte has position 1. */
export class ReceiveQueue {
  /** Behind the last byte that came without a gap. */
  next = 1;
  /** In order, for the reader. */
  private ready: Uint8Array[] = [];
  private page: Uint8Array | undefined;
  private pageUsed = 0;
  /** Beyond the first gap, by position, not overlapping. */
  private early: Piece[] = [];
  private latest = 0;
  private readyBytes = 0;
  private earlyBytes = 0;
  /** Pieces that there was no room for. */
  dropped = 0;

  /** Bytes that nobody has read yet, gaps not counted. */
  get length(): number {
    return this.readyBytes + this.earlyBytes;
  }

  get unread(): number {
    return this.readyBytes;
  }

  get hasGap(): boolean {
    return this.early.length > 0;
  }

  /** @returns whether it was the next in order: then `next` has moved, over all pieces that had waited for it */
  insert(position: number, bytes: Uint8Array): boolean {
    const skip = this.next - position;
    if (skip >= bytes.length) return false;
    if (skip < 0) {
      this.insertEarly(position, bytes);
      return false;
    }
    this.append(skip > 0 ? bytes.subarray(skip) : bytes);
    while (this.early[0] && this.early[0].start <= this.next) {
      const piece = this.early.shift();
      if (!piece) break;
      this.earlyBytes -= piece.bytes.length;
      if (piece.end > this.next) this.append(piece.bytes.subarray(this.next - piece.start));
    }
    return true;
  }

  /** The next bytes for the reader; undefined if there are none. */
  take(): Uint8Array | undefined {
    const bytes = this.ready.shift();
    if (!bytes) return undefined;
    this.readyBytes -= bytes.length;
    if (this.ready.length === 0) this.page = undefined;
    return bytes;
  }

  /** What there is beyond the first gap, the piece that came last first. */
  sackBlocks(): SackBlock[] {
    const blocks: SackBlock[] = [];
    for (const { start, end } of this.early) {
      const last = blocks[blocks.length - 1];
      if (last?.right === start) last.right = end;
      else blocks.push({ left: start, right: end });
    }
    const index = blocks.findIndex(({ left, right }) => left <= this.latest && this.latest < right);
    if (index > 0) blocks.unshift(...blocks.splice(index, 1));
    return blocks.slice(0, maxSackBlocks);
  }

  clear(): void {
    this.ready = [];
    this.page = undefined;
    this.early = [];
    this.readyBytes = 0;
    this.earlyBytes = 0;
  }

  private append(bytes: Uint8Array): void {
    this.next += bytes.length;
    this.readyBytes += bytes.length;
    if (bytes.length >= smallBytes) {
      this.ready.push(bytes);
      this.page = undefined;
      return;
    }
    // The last piece is the used part of the page, as long as nothing else came after it.
    if (this.page && this.pageUsed + bytes.length <= pageBytes) {
      this.page.set(bytes, this.pageUsed);
      this.pageUsed += bytes.length;
      const last = this.ready[this.ready.length - 1];
      if (last) {
        const begin = last.byteOffset;
        this.ready[this.ready.length - 1] = this.page.subarray(begin, this.pageUsed);
        return;
      }
    }
    this.page = new Uint8Array(pageBytes);
    this.page.set(bytes);
    this.pageUsed = bytes.length;
    this.ready.push(this.page.subarray(0, bytes.length));
  }

  private insertEarly(position: number, bytes: Uint8Array): void {
    let start = position;
    const end = position + bytes.length;
    this.latest = position;
    let index = this.early.findIndex((piece) => piece.end > start);
    if (index < 0) index = this.early.length;
    while (start < end) {
      const piece = this.early[index];
      const gapEnd = piece ? Math.min(end, piece.start) : end;
      if (start < gapEnd) {
        if (this.early.length >= maxPieces) {
          this.dropped += 1;
          return;
        }
        const part = bytes.slice(start - position, gapEnd - position);
        this.early.splice(index, 0, { start, end: gapEnd, bytes: part });
        this.earlyBytes += part.length;
        index += 1;
      }
      start = Math.max(gapEnd, piece ? piece.end : end);
      index += 1;
      if (!piece) return;
    }
  }
}
