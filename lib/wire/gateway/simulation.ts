// For tests: time that passes only when nothing else is to be done, and cables that fail as they are told.
import type { Frame, FrameSink } from '../frame';
import { emitComplete } from '../frame-segments';
import { seededRandom } from '../seeded-random';
import { SimulatedTime } from '../simulated-time';
import type { Random } from '../wire-time';
import type { Surroundings } from './surroundings';

/** Simulated time for code that awaits: promises settle between one event and the next. */
export class Simulation extends SimulatedTime implements Surroundings {
  readonly random: Random;

  constructor(seed = 1) {
    super();
    this.random = seededRandom(seed);
  }

  unixMs(): number {
    return Date.UTC(2030, 0, 1) + this.now();
  }

  /** Lets time pass until something has happened. @throws when nothing can happen any more, or after `limitMs` */
  async until<T>(wanted: Promise<T>, limitMs = 3_600_000): Promise<T> {
    const outcomes: ({ value: T } | { error: unknown })[] = [];
    wanted.then(
      (value) => outcomes.push({ value }),
      (error: unknown) => outcomes.push({ error }),
    );
    const end = this.now() + limitMs;
    for (;;) {
      await settled();
      if (outcomes.length > 0) break;
      if (this.step(end)) continue;
      await allSettled();
      if (outcomes.length === 0 && !this.step(end))
        throw new Error(`nothing happened until ${this.now()} ms`);
    }
    const [outcome] = outcomes;
    if (outcome && 'value' in outcome) return outcome.value;
    throw outcome?.error;
  }

  /** Lets so much time pass. */
  async pass(ms: number): Promise<void> {
    const end = this.now() + ms;
    do {
      do await settled();
      while (this.step(end));
      await allSettled();
    } while (this.step(end));
    this.run(end - this.now());
  }
}

/** After what promises commonly set going; a longer chain goes on after the next event. Much cheaper than `allSettled`. */
async function settled(): Promise<void> {
  for (let round = 0; round < 12; round++) await Promise.resolve();
}

/** After everything that promises have set going. */
const allSettled = () => new Promise((resolve) => setImmediate(resolve));

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
