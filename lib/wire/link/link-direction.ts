import type { Disposable } from '../../base/lifecycle';
import { type PortCounters, because } from '../counters';
import type { Frame, FrameSink } from '../frame';
import { headerBytes } from '../frame-header';
import { emitComplete, segmentsOf } from '../frame-segments';
import type { Random, WireTime } from '../wire-time';
import { type LinkSettings, perfectLink } from './link-settings';

/** A cable pads to 60 bytes and carries FCS (4), preamble with start (8) and a gap (12) with each frame. */
const wireBytesOf = (frame: Frame) => Math.max(60, frame.length - headerBytes) + 24;

/** What may be under way besides the queue: 10 s at 10 Mbit/s. Beyond it, frames are dropped as from a full queue. */
const mostInFlight = { frames: 16_384, bytes: 16 * 1024 * 1024 };

interface InFlight {
  frame: Frame;
  /** What it takes of the cable's time. */
  wireBytes: number;
  /** When its first and last bit leave. */
  startsAt: number;
  endsAt: number;
  arrivesAt: number;
  /** This frame's share of the jitter, -1 to 1. */
  luck: number;
}

/** One direction of a link. What it drops is counted with the port that sent it. */
export class LinkDirection implements Disposable {
  private settings = perfectLink;
  private perfect = true;
  private inFlight: InFlight[] = [];
  private inFlightBytes = 0;
  /** When the last bit of what was accepted so far leaves. */
  private freeAt = 0;
  private timer: Disposable | undefined;

  constructor(
    private readonly time: WireTime,
    private readonly random: Random,
    private readonly counters: PortCounters,
    private readonly deliver: FrameSink,
  ) {}

  readonly send: FrameSink = (frame) => {
    // What is under way from before the link became perfect goes first.
    if (this.perfect && this.inFlight.length === 0) return this.deliver(frame);
    if (!this.settings.up) return this.counters.drop(because.linkDown, segmentsOf(frame) || 1);
    // A superframe that is lost as a whole would be a loss of 40 frames at once, which no cable has.
    if (this.settings.loss === 0 && this.settings.bitsPerSecond === 0) return this.take(frame);
    if (!emitComplete(frame, this.take)) this.counters.drop(because.malformed);
  };

  get(): LinkSettings {
    return this.settings;
  }

  /** What is under way is treated anew: it arrives earlier when the link got better, and is lost when it went down. */
  set(settings: LinkSettings): void {
    this.settings = settings;
    const { up, delayMs, jitterMs, loss, bitsPerSecond } = settings;
    this.perfect = up && delayMs === 0 && jitterMs === 0 && loss === 0 && bitsPerSecond === 0;
    if (!up) this.lose();
    else this.replan();
  }

  dispose(): void {
    this.lose();
  }

  private readonly take = (frame: Frame): void => {
    const { bitsPerSecond, queueBytes, loss } = this.settings;
    const now = this.time.now();
    const startsAt = Math.max(now, this.freeAt);
    const wireBytes = wireBytesOf(frame);
    if (bitsPerSecond > 0) {
      const waitingBytes = ((startsAt - now) * bitsPerSecond) / 8000;
      if (waitingBytes > 0 && waitingBytes + wireBytes > queueBytes)
        return this.counters.drop(because.queueFull, segmentsOf(frame));
    }
    if (this.inFlight.length >= mostInFlight.frames || this.inFlightBytes + frame.length > mostInFlight.bytes)
      return this.counters.drop(because.queueFull, segmentsOf(frame) || 1);
    const endsAt = startsAt + this.sendingMs(wireBytes);
    this.freeAt = endsAt;
    // A lost frame has taken its time on the cable.
    if (loss > 0 && this.random() < loss) return this.counters.drop(because.lost);
    const luck = this.settings.jitterMs > 0 ? 2 * this.random() - 1 : 0;
    const last = this.inFlight.at(-1);
    const arrivesAt = Math.max(last?.arrivesAt ?? 0, endsAt + this.delayOf(luck));
    this.inFlight.push({ frame, wireBytes, startsAt, endsAt, arrivesAt, luck });
    this.inFlightBytes += frame.length;
    if (!this.timer) this.wait();
  };

  private sendingMs(wireBytes: number): number {
    const { bitsPerSecond } = this.settings;
    return bitsPerSecond > 0 ? (wireBytes * 8000) / bitsPerSecond : 0;
  }

  private delayOf(luck: number): number {
    return Math.max(0, this.settings.delayMs + luck * this.settings.jitterMs);
  }

  private wait(): void {
    const [first] = this.inFlight;
    this.timer = first && this.time.after(first.arrivesAt - this.time.now(), this.arrive);
  }

  private readonly arrive = (): void => {
    const now = this.time.now();
    let count = 0;
    while (count < this.inFlight.length && (this.inFlight[count] as InFlight).arrivesAt <= now) count += 1;
    const arrived = this.inFlight.splice(0, count);
    this.timer = undefined;
    for (const { frame } of arrived) this.inFlightBytes -= frame.length;
    this.wait();
    for (const { frame } of arrived) this.deliver(frame);
  };

  private replan(): void {
    const now = this.time.now();
    let freeAt = now;
    let before = 0;
    for (const one of this.inFlight) {
      if (one.endsAt > now) {
        // The part of it that has not left yet goes at the new speed.
        one.wireBytes *= Math.min(1, (one.endsAt - now) / (one.endsAt - one.startsAt));
        one.startsAt = freeAt;
        one.endsAt = freeAt + this.sendingMs(one.wireBytes);
        freeAt = one.endsAt;
        one.arrivesAt = one.endsAt + this.delayOf(one.luck);
      } else {
        one.arrivesAt = Math.min(one.arrivesAt, now + this.delayOf(one.luck));
      }
      one.arrivesAt = Math.max(before, one.arrivesAt);
      before = one.arrivesAt;
    }
    this.freeAt = freeAt;
    this.timer?.dispose();
    this.wait();
  }

  private lose(): void {
    for (const { frame } of this.inFlight) this.counters.drop(because.linkDown, segmentsOf(frame) || 1);
    this.inFlight = [];
    this.inFlightBytes = 0;
    this.freeAt = 0;
    this.timer?.dispose();
    this.timer = undefined;
  }
}
