// RFC 9293, 3.8: data communication, the receiving half
import { ReceiveQueue } from './receive-queue';
import type { TcpSettings } from './settings';

/** What arrived, what of it is announced as room, and when it is acknowledged. */
export class Receiver {
  readonly queue = new ReceiveQueue();
  /** The position of the other side's FIN, once it came; it may be beyond a gap. */
  private finAt: number | undefined;
  private edge = 1;
  private sinceAck = 0;
  private ackAt: number | undefined;
  private ackNow = false;
  private waiting: { resolve(bytes: Uint8Array | undefined): void; reject(error: unknown): void } | undefined;
  private failure: Error | undefined;

  constructor(
    private readonly settings: TcpSettings,
    private readonly now: () => number,
  ) {
    this.edge = 1 + settings.receiveBufferBytes;
  }

  /** The next position that is expected. */
  get next(): number {
    return this.queue.next + (this.isFinished ? 1 : 0);
  }

  /** Everything came, up to and including the FIN. */
  get isFinished(): boolean {
    return this.finAt !== undefined && this.queue.next >= this.finAt;
  }

  /** `isFinished`, asked again after something arrived. */
  hasEverything(): boolean {
    return this.isFinished;
  }

  get window(): number {
    return Math.max(0, this.edge - this.next);
  }

  get mustAck(): boolean {
    return this.ackNow;
  }

  get deadline(): number | undefined {
    return this.ackAt;
  }

  /** @param segmentBytes what the other side's segments carry at most */
  receive(position: number, bytes: Uint8Array, fin: boolean, segmentBytes: number): void {
    const room = this.edge - position;
    const taken = bytes.length > room ? bytes.subarray(0, Math.max(0, room)) : bytes;
    if (fin && taken.length === bytes.length) this.finAt ??= position + bytes.length;
    const hadGap = this.queue.hasGap;
    const inOrder = taken.length > 0 && this.queue.insert(position, taken);
    this.sinceAck += taken.length;
    // RFC 5681, 4.2: every second segment, and at once whatever is out of order, fills a gap or ends the stream.
    if (!inOrder || hadGap || fin || this.sinceAck >= 2 * segmentBytes) this.ackNow = true;
    else this.ackAt ??= this.now() + this.settings.delayedAckMs;
    this.deliver();
  }

  demandAck(): void {
    this.ackNow = true;
  }

  tick(): void {
    if (this.ackAt !== undefined && this.ackAt <= this.now()) this.ackNow = true;
  }

  /** A segment with an acknowledgment leaves. */
  acknowledged(): void {
    this.ackNow = false;
    this.ackAt = undefined;
    this.sinceAck = 0;
  }

  /**
   * Moves the window's end as the reader makes room, but not by a little, and never back (RFC 9293, 3.8.6.2.2).
   * @returns whether the other side should be told without delay, because it may wait for it
   */
  widen(segmentBytes: number): boolean {
    const { receiveBufferBytes: limit } = this.settings;
    const edge = this.queue.next + limit - this.queue.unread;
    if (edge - this.edge < Math.min(limit / 2, segmentBytes)) return false;
    const before = this.window;
    this.edge = edge;
    return before < limit / 2 && this.window >= limit / 2;
  }

  read(): Promise<Uint8Array | undefined> {
    if (this.waiting) return Promise.reject(new Error('a read is under way'));
    const bytes = this.queue.take();
    if (bytes) return Promise.resolve(bytes);
    if (this.isFinished) return Promise.resolve(undefined);
    if (this.failure) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
    });
  }

  /** What is already in order can still be read, unless it is `discarded`. */
  fail(failure: Error, discard: boolean): void {
    this.failure = failure;
    if (discard) this.queue.clear();
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.reject(failure);
  }

  private deliver(): void {
    const { waiting } = this;
    if (!waiting) return;
    const bytes = this.queue.take();
    if (!bytes && !this.isFinished) return;
    this.waiting = undefined;
    waiting.resolve(bytes);
  }
}
