// For tests: time that passes only when nothing else is to be done, and cables that fail as they are told.
import { type Disposable, toDisposable } from '../../base/lifecycle';
import type { Frame, FrameSink } from '../frame';
import { emitComplete } from '../frame-segments';
import type { Surroundings } from './surroundings';

interface Event {
  at: number;
  order: number;
  run: (() => void) | undefined;
}

/** A clock and dice that are the same every time. Events of the same moment happen in the order in which they were set. */
export class Simulation implements Surroundings {
  private time = 0;
  private order = 0;
  /** A binary heap. */
  private readonly heap: Event[] = [];
  private state: number;

  constructor(seed = 1) {
    this.state = seed;
  }

  readonly now = (): number => this.time;

  unixMs(): number {
    return Date.UTC(2030, 0, 1) + this.time;
  }

  /** mulberry32 */
  random(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  }

  after(delayMs: number, run: () => void): Disposable {
    const event: Event = { at: this.time + delayMs, order: this.order++, run };
    this.push(event);
    return toDisposable(() => {
      event.run = undefined;
    });
  }

  /** Lets time pass until something has happened. @throws when nothing can happen any more, or after `limitMs` */
  async until<T>(wanted: Promise<T>, limitMs = 3_600_000): Promise<T> {
    let outcome: { value: T } | { error: unknown } | undefined;
    wanted.then(
      (value) => (outcome = { value }),
      (error: unknown) => (outcome = { error }),
    );
    const end = this.time + limitMs;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (outcome) break;
      if (!this.step(end)) throw new Error(`nothing happened until ${this.time} ms`);
    }
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  /** Lets so much time pass. */
  async pass(ms: number): Promise<void> {
    const end = this.time + ms;
    do await new Promise((resolve) => setImmediate(resolve));
    while (this.step(end));
    this.time = end;
  }

  /** Runs the next event; false if there is none before `end`. */
  private step(end: number): boolean {
    for (;;) {
      const next = this.heap[0];
      if (!next || next.at > end) return false;
      this.pop();
      if (!next.run) continue;
      this.time = next.at;
      next.run();
      return true;
    }
  }

  private push(event: Event): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (!above || isBefore(above, event)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = event;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (!left) break;
      if (right && isBefore(right, left)) child += 1;
      const below = heap[child];
      if (!below || isBefore(last, below)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
  }
}

const isBefore = (left: Event, right: Event) =>
  left.at < right.at || (left.at === right.at && left.order < right.order);

export interface CableQuality {
  delayMs: number;
  /** Of single frames, each way: 0 to 1. */
  loss: number;
  /** Whether superframes stay whole, as on a perfect link. */
  keepsSuperframes: boolean;
}

/** A cable between two hosts. Its quality can be changed while it is used. */
export class SimulatedCable {
  readonly quality: CableQuality = { delayMs: 0.1, loss: 0, keepsSuperframes: false };
  carried = 0;
  private ends: [FrameSink | undefined, FrameSink | undefined] = [undefined, undefined];
  /** Sees every frame that is put in, for tests that watch or alter. */
  tap: ((frame: Frame, from: 0 | 1) => void) | undefined;

  constructor(
    private readonly simulation: Simulation,
    quality: Partial<CableQuality> = {},
  ) {
    Object.assign(this.quality, quality);
  }

  plug(end: 0 | 1, receive: FrameSink): void {
    this.ends[end] = receive;
  }

  /** What a host sends at an end. */
  sinkOf(end: 0 | 1): FrameSink {
    return (frame) => {
      if (this.quality.keepsSuperframes) this.carry(end, frame);
      else emitComplete(frame, (segment) => this.carry(end, segment));
    };
  }

  private carry(from: 0 | 1, frame: Frame): void {
    this.tap?.(frame, from);
    if (this.quality.loss > 0 && this.simulation.random() < this.quality.loss) return;
    this.carried += 1;
    this.simulation.after(this.quality.delayMs, () => this.ends[from === 0 ? 1 : 0]?.(frame));
  }
}
