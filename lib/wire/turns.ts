import type { Disposable } from '../base/lifecycle';
import type { Frame, FrameSink } from './frame';
import type { WireTime } from './wire-time';

/** Frames between switches in one turn. More wait until everybody else had a turn: a loop must not stop the worker. */
const mostRelays = 2048;
/** Frames that may wait for it. */
const mostWaiting = 8192;
const mostWaitingBytes = 16 * 1024 * 1024;

interface Relay {
  frame: Frame;
  to: FrameSink;
}

/**
 * Everything that happens on the wire happens in a turn: a message from a card, a frame that a link delivers. At its end, cards get in
 * one message each what has gathered for them.
 *
 * Frames from switch to switch go through a queue instead of a call within a call, which a loop of perfect links would
 * never return from.
 */
export class Turns implements Disposable {
  private depth = 0;
  private relays: Relay[] = [];
  private relayBytes = 0;
  private later: Disposable | undefined;
  private readonly atEnd = new Set<() => void>();
  /** The wire's clock, whose events are turns. */
  readonly time: WireTime;

  constructor(private readonly outer: WireTime) {
    this.time = {
      now: () => outer.now(),
      soon: (run) => outer.soon(() => this.take(run)),
      after: (delayMs, run) => outer.after(delayMs, () => this.take(run)),
    };
  }

  take(run: () => void): void {
    this.depth += 1;
    try {
      run();
      if (this.depth === 1) this.relay();
    } finally {
      this.depth -= 1;
      if (this.depth === 0 && this.atEnd.size > 0) {
        const all = [...this.atEnd];
        this.atEnd.clear();
        for (const flush of all) flush();
      }
    }
  }

  /** Once, at the end of this turn. */
  finally(flush: () => void): void {
    this.atEnd.add(flush);
  }

  /** Delivers later in this turn, or in one of the next. False when there is no room. */
  pass(frame: Frame, to: FrameSink): boolean {
    if (this.relays.length >= mostWaiting || this.relayBytes + frame.length > mostWaitingBytes) return false;
    this.relays.push({ frame, to });
    this.relayBytes += frame.length;
    return true;
  }

  dispose(): void {
    this.later?.dispose();
    this.relays = [];
  }

  private relay(): void {
    // What is behind has its own turns; a card's turn is not to pay for a loop.
    if (this.later) return;
    for (let round = 0; round < mostRelays && this.relays.length > 0;) {
      const batch = this.relays.splice(0, mostRelays - round);
      round += batch.length;
      for (const { frame, to } of batch) {
        this.relayBytes -= frame.length;
        to(frame);
      }
    }
    if (this.relays.length === 0) return;
    this.later = this.outer.soon(() => {
      this.later = undefined;
      this.take(() => {});
    });
  }
}
