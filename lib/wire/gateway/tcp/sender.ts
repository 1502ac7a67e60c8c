// RFC 9293, 3.8: data communication, the sending half
import type { SackBlock } from '../../formats/tcp';
import { Congestion } from './congestion';
import { Flight } from './flight';
import { RoundTrip } from './round-trip';
import { SendQueue } from './send-queue';
import type { TcpSettings } from './settings';

/** A superframe's IP packet has at most 65535 bytes, headers and options included. */
const maxSuperframeBytes = 65_535 - 20 - 60;

/** A stretch of the stream to put into a segment. */
export interface Stretch {
  syn: boolean;
  fin: boolean;
  position: number;
  dataFrom: number;
  dataBytes: number;
}

export interface Acknowledgment {
  position: number;
  /** Scaled. */
  window: number;
  sack: readonly SackBlock[];
  /** From the timestamps, for when the segments tell nothing. */
  roundTripMs: number | undefined;
  /** Nothing but an acknowledgment: repeated, it is a sign of loss. */
  isBare: boolean;
}

/** What the sender found when time had passed. */
export type Verdict = 'alive' | 'timeout' | 'stalled';

/** What was written, what of it is on the way, and when it leaves. */
export class Sender {
  readonly queue = new SendQueue();
  /** First position that is not acknowledged, and the next to be sent. */
  una = 0;
  nxt = 0;
  /** Bytes that a segment carries at most; known when the other side has said its options. */
  segmentBytes = 536;
  usesSack = false;
  retransmissions = 0;
  timeouts = 0;
  private readonly flight = new Flight();
  private readonly roundTrip: RoundTrip;
  private congestion = new Congestion(this.segmentBytes);
  private window = 0;
  private maxWindow = 0;
  private isOpen = false;
  private isEnded = false;
  private duplicates = 0;
  private recovery: { type: 'none' } | { type: 'fast' | 'timeout'; until: number } = { type: 'none' };
  private retransmitAt: number | undefined;
  private reorderAt: number | undefined;
  private probeAt: number | undefined;
  private lastProgressAt: number;
  private stalledSince: number | undefined;

  constructor(
    private readonly settings: TcpSettings,
    private readonly now: () => number,
    private readonly transmit: (stretch: Stretch) => void,
    /** Asks the other side for its window without sending anything new. */
    private readonly probe: () => void,
  ) {
    this.roundTrip = new RoundTrip(settings);
    this.lastProgressAt = now();
  }

  get isDrained(): boolean {
    return this.una >= this.nxt && this.nxt >= this.queue.end + (this.isEnded ? 1 : 0);
  }

  get hasRoom(): boolean {
    return this.queue.length < this.settings.sendBufferBytes;
  }

  /** Whether the other side has acknowledged the FIN. */
  get finAcknowledged(): boolean {
    return this.isEnded && this.una > this.queue.end;
  }

  get isEndedByUs(): boolean {
    return this.isEnded;
  }

  get isIdle(): boolean {
    return this.flight.isEmpty;
  }

  sendSyn(): void {
    this.nxt = 1;
    this.flight.sent(0, 1, this.now());
    this.transmit(this.stretch(0, 1));
    this.retransmitAt = this.now() + this.roundTrip.timeoutMs;
  }

  /** The handshake is done: data may leave. */
  open(segmentBytes: number, usesSack: boolean, window: number): void {
    this.segmentBytes = segmentBytes;
    this.usesSack = usesSack;
    this.congestion = new Congestion(segmentBytes);
    this.window = window;
    this.maxWindow = window;
    this.isOpen = true;
    // Losing a SYN says nothing about the path (RFC 6298, 5.7).
    this.recovery = { type: 'none' };
    this.roundTrip.forgive();
  }

  write(bytes: Uint8Array): void {
    this.queue.push(bytes);
  }

  end(): void {
    this.isEnded = true;
  }

  acknowledge({ position, window, sack, roundTripMs, isBare }: Acknowledgment): void {
    const now = this.now();
    const flightBytes = this.nxt - this.una;
    const advanced = position - this.una;
    const isDuplicate = advanced === 0 && isBare && window === this.window && !this.flight.isEmpty;
    this.setWindow(window);
    if (this.usesSack) this.flight.sack(sack, now);
    if (advanced > 0) {
      const pipe = this.flight.pipe;
      const delivered = this.flight.acknowledge(position, now);
      this.queue.release(position);
      this.una = position;
      this.duplicates = 0;
      this.lastProgressAt = now;
      const sample = delivered.roundTripMs ?? roundTripMs;
      if (sample === undefined) this.roundTrip.forgive();
      else this.roundTrip.sample(sample);
      this.afterProgress(delivered.bytes, pipe);
      this.retransmitAt = this.flight.isEmpty ? undefined : now + this.roundTrip.timeoutMs;
    } else if (isDuplicate) {
      this.duplicates += 1;
    }
    this.findLosses(now, flightBytes);
  }

  /** Sends what may be sent. */
  push(): void {
    const now = this.now();
    while (this.flight.hasLost ? this.resendSome(now) : this.sendSome(now));
    if (this.flight.isEmpty) this.retransmitAt = undefined;
    else this.retransmitAt ??= now + this.roundTrip.timeoutMs;
    const isBlocked = this.isOpen && this.flight.isEmpty && this.nxt < this.queue.end;
    if (isBlocked) this.probeAt ??= now + this.roundTrip.timeoutMs;
    else this.probeAt = undefined;
  }

  /** When `tick` has something to do; undefined while it has not. */
  get deadline(): number | undefined {
    return earliest(this.retransmitAt, this.reorderAt, this.probeAt);
  }

  tick(): Verdict {
    const now = this.now();
    if (isDue(this.reorderAt, now)) {
      this.reorderAt = undefined;
      this.findLosses(now, this.nxt - this.una);
    }
    if (isDue(this.probeAt, now)) {
      const { stallMs } = this.settings;
      this.stalledSince ??= now;
      if (now - this.stalledSince > stallMs) return 'stalled';
      this.roundTrip.backOff();
      this.probeAt = now + this.roundTrip.timeoutMs;
      this.probe();
    }
    if (isDue(this.retransmitAt, now)) {
      const patience = this.isOpen ? this.settings.giveUpMs : this.settings.connectGiveUpMs;
      if (now - this.lastProgressAt > patience) return 'timeout';
      this.onTimeout(now);
    }
    this.push();
    return 'alive';
  }

  clear(): void {
    this.queue.clear();
    this.flight.clear();
    this.retransmitAt = undefined;
    this.reorderAt = undefined;
    this.probeAt = undefined;
  }

  private setWindow(window: number): void {
    this.window = window;
    this.maxWindow = Math.max(this.maxWindow, window);
    if (window === 0) return;
    if (this.stalledSince !== undefined) this.roundTrip.forgive();
    this.stalledSince = undefined;
  }

  private afterProgress(bytes: number, pipe: number): void {
    if (this.recovery.type !== 'none' && this.una >= this.recovery.until) this.recovery = { type: 'none' };
    else if (this.recovery.type === 'fast' && !this.usesSack) this.flight.markFirstLost();
    if (this.recovery.type !== 'fast') this.congestion.onAcknowledged(bytes, pipe);
  }

  private findLosses(now: number, flightBytes: number): void {
    if (this.usesSack) {
      if (this.flight.hasSacked || this.recovery.type !== 'none')
        this.reorderAt = this.flight.detectLost(now, this.roundTrip.shortest / 4);
    } else if (this.duplicates === 3 && this.recovery.type === 'none') {
      this.flight.markFirstLost();
    }
    if (!this.flight.hasLost || this.recovery.type !== 'none') return;
    this.recovery = { type: 'fast', until: this.nxt };
    this.congestion.onLoss(flightBytes);
  }

  private onTimeout(now: number): void {
    this.timeouts += 1;
    this.congestion.onTimeout(this.nxt - this.una, this.recovery.type !== 'timeout');
    this.recovery = { type: 'timeout', until: this.nxt };
    this.flight.markAllLost();
    this.roundTrip.backOff();
    this.retransmitAt = now + this.roundTrip.timeoutMs;
  }

  /** @returns whether something left */
  private resendSome(now: number): boolean {
    const room = this.congestion.window - this.flight.pipe;
    if (this.flight.pipe > 0 && room < this.segmentBytes) return false;
    const segment = this.flight.firstLost(this.wholeSegments(room));
    if (!segment) return false;
    this.flight.resent(segment, now);
    this.retransmissions += 1;
    this.transmit(this.stretch(segment.start, segment.end));
    return true;
  }

  private sendSome(now: number): boolean {
    if (!this.isOpen) return false;
    const { segmentBytes, queue } = this;
    const available = queue.end - this.nxt;
    if (available < 0) return false;
    let bytes = Math.max(0, Math.min(available, this.una + this.window - this.nxt));
    if (bytes > 0 && this.flight.pipe > 0) {
      const room = this.congestion.window - this.flight.pipe;
      if (room < Math.min(bytes, segmentBytes)) return false;
      bytes = Math.min(bytes, Math.max(room, segmentBytes));
    }
    bytes = Math.min(bytes, this.wholeSegments(bytes));
    // RFC 9293, 3.8.6.2.1: no small segments only because the window is small.
    if (bytes < available && bytes < Math.min(segmentBytes, this.maxWindow / 2)) return false;
    const fin = this.isEnded && bytes === available;
    if (bytes === 0 && !fin) return false;
    const end = this.nxt + bytes + (fin ? 1 : 0);
    if (this.flight.isEmpty) this.lastProgressAt = now;
    const stretch = this.stretch(this.nxt, end);
    this.flight.sent(this.nxt, end, now);
    this.nxt = end;
    this.transmit(stretch);
    return true;
  }

  /** As many whole segments as fit into so many bytes, at least one, at most a superframe. */
  private wholeSegments(bytes: number): number {
    const most = this.settings.superframes ? Math.min(bytes, maxSuperframeBytes) : this.segmentBytes;
    return Math.max(1, Math.floor(most / this.segmentBytes)) * this.segmentBytes;
  }

  private stretch(start: number, end: number): Stretch {
    const dataFrom = Math.max(start, 1);
    const dataEnd = Math.min(end, this.queue.end);
    return {
      syn: start === 0,
      fin: this.isEnded && end > this.queue.end,
      position: start,
      dataFrom,
      dataBytes: Math.max(0, dataEnd - dataFrom),
    };
  }
}

const isDue = (at: number | undefined, now: number) => at !== undefined && at <= now;

export function earliest(...times: (number | undefined)[]): number | undefined {
  let first: number | undefined;
  for (const time of times) if (time !== undefined && (first === undefined || time < first)) first = time;
  return first;
}
