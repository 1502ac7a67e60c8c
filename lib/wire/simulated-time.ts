import { type Disposable, toDisposable } from '../base/lifecycle';
import type { WireTime } from './wire-time';

interface Event {
  at: number;
  order: number;
  run: (() => void) | undefined;
}

/** A clock that jumps from one event to the next: hours in a moment, and the same every time. */
export class SimulatedTime implements WireTime {
  private time = 0;
  private order = 0;
  /** A binary heap, the earliest first; events of one moment in the order in which they were asked for. */
  private readonly heap: Event[] = [];

  now(): number {
    return this.time;
  }

  soon(run: () => void): Disposable {
    return this.after(0, run);
  }

  after(delayMs: number, run: () => void): Disposable {
    const event: Event = { at: this.time + Math.max(0, delayMs), order: this.order++, run };
    this.heap.push(event);
    this.rise(this.heap.length - 1);
    return toDisposable(() => (event.run = undefined));
  }

  /** Lets so much time pass, with all that happens in it. */
  run(ms: number): void {
    const end = this.time + ms;
    while (this.step(end));
    this.time = end;
  }

  /** Goes on until nothing is waiting any more. Throws when that takes more than `mostEvents`. */
  runUntilIdle(mostEvents = 10_000_000): void {
    for (let events = 0; this.heap.length > 0; events += 1) {
      if (events >= mostEvents) throw new Error(`still busy after ${mostEvents} events, at ${this.time} ms`);
      this.step();
    }
  }

  /** Goes to the next event, whether or not somebody still wants it. False when there is none until `end`. */
  step(end = Infinity): boolean {
    const [first] = this.heap;
    if (!first || first.at > end) return false;
    const last = this.heap.pop() as Event;
    if (last !== first) {
      this.heap[0] = last;
      this.sink(0);
    }
    if (!first.run) return true;
    this.time = first.at;
    first.run();
    return true;
  }

  private rise(from: number): void {
    for (let at = from; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!this.swapIfEarlier(at, parent)) return;
      at = parent;
    }
  }

  private sink(from: number): void {
    for (let at = from; ;) {
      const left = 2 * at + 1;
      if (left >= this.heap.length) return;
      const right = left + 1;
      const child = right < this.heap.length && this.isEarlier(right, left) ? right : left;
      if (!this.swapIfEarlier(child, at)) return;
      at = child;
    }
  }

  private isEarlier(one: number, other: number): boolean {
    const [a, b] = [this.heap[one] as Event, this.heap[other] as Event];
    return a.at < b.at || (a.at === b.at && a.order < b.order);
  }

  private swapIfEarlier(child: number, parent: number): boolean {
    if (!this.isEarlier(child, parent)) return false;
    [this.heap[child], this.heap[parent]] = [this.heap[parent] as Event, this.heap[child] as Event];
    return true;
  }
}
