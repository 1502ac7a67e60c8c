import { type ReadonlyStore, Store } from '../base/store';
import { prepareContainerLane } from './container-lane';
import type { Lane, LanePhase, LaneState, RaceOrder, RaceProgress, RaceSample } from './race-sample';
import { prepareMachineLane } from './machine-lane';
import type { RaceSetup } from './race-setup';

export interface LaneReport {
  phases(phases: readonly LanePhase[]): void;
  /** What the lane prints, for people to watch. */
  output(bytes: Uint8Array): void;
}

/** One run's finish of a lane, before it knows its number. */
export type LaneFinish = Omit<RaceSample, 'run' | 'lane'>;

/** A lane at its start line. Called once, at the start signal. */
export type LaneStart = (report: LaneReport) => Promise<LaneFinish>;

/** What is to be there before the clock runs. */
const prepare: Record<Lane, (setup: RaceSetup, signal: AbortSignal) => Promise<LaneStart>> = {
  machine: prepareMachineLane,
  container: prepareContainerLane,
};

/** A race that can be watched while it runs. */
export class Race {
  private readonly store: Store<RaceProgress>;
  private readonly printed: Record<Lane, Store<string>> = {
    machine: new Store(''),
    container: new Store(''),
  };
  private readonly collected = new Store<readonly RaceSample[]>([]);

  readonly progress: ReadonlyStore<RaceProgress>;
  /** The last lines that each lane printed in this run. */
  readonly output: Readonly<Record<Lane, ReadonlyStore<string>>>;
  readonly samples: ReadonlyStore<readonly RaceSample[]> = this.collected;

  constructor(private readonly setup: RaceSetup) {
    this.store = new Store<RaceProgress>({ run: 0, runs: 0, lanes: bothWaiting });
    this.progress = this.store;
    this.output = this.printed;
  }

  /**
   * Runs both lanes `runs` times. A lane that fails is shown as failed, the other goes on; the next runs are not begun.
   * Samples add up over calls. Rejects only with the signal's reason.
   */
  async run(runs: number, order: RaceOrder, signal: AbortSignal): Promise<void> {
    for (let index = 0; index < runs; index += 1) {
      const run = 1 + Math.max(0, ...this.collected.get().map((sample) => sample.run));
      this.store.set({ run: index + 1, runs, lanes: bothWaiting });
      const machine = await this.runnerOf('machine', run, signal);
      const container = await this.runnerOf('container', run, signal);
      const finishes =
        order === 'together'
          ? await Promise.all([machine(), container()])
          : [await machine(), await container()];
      signal.throwIfAborted();
      if (finishes.includes('failed')) return;
    }
  }

  /** A lane that cannot be prepared fails when it should start. */
  private async runnerOf(
    lane: Lane,
    run: number,
    signal: AbortSignal,
  ): Promise<() => Promise<'ready' | 'failed'>> {
    const start = await prepare[lane](this.setup, signal).catch(
      (error: unknown): LaneStart =>
        () =>
          Promise.reject(error),
    );
    return () => this.runLane(lane, run, start, signal);
  }

  private async runLane(
    lane: Lane,
    run: number,
    start: LaneStart,
    signal: AbortSignal,
  ): Promise<'ready' | 'failed'> {
    const startedAt = this.setup.now();
    let phases: readonly LanePhase[] = [];
    const printed = this.printed[lane];
    const decoder = new TextDecoder();
    printed.set('');
    this.setLane(lane, { type: 'running', startedAt, phases });
    try {
      const report: LaneReport = {
        phases: (seen) => {
          phases = seen;
          this.setLane(lane, { type: 'running', startedAt, phases });
        },
        output: (bytes) =>
          printed.set((printed.get() + decoder.decode(bytes, { stream: true })).slice(-outputLimit)),
      };
      const sample: RaceSample = { run, lane, ...(await start(report)) };
      this.collected.set([...this.collected.get(), sample]);
      this.setLane(lane, { type: 'ready', sample });
      return 'ready';
    } catch (error) {
      if (signal.aborted) {
        this.setLane(lane, { type: 'waiting' });
        return 'failed';
      }
      this.setLane(lane, { type: 'failed', phases, error });
      return 'failed';
    }
  }

  private setLane(lane: Lane, state: LaneState): void {
    const current = this.store.get();
    this.store.set({ ...current, lanes: { ...current.lanes, [lane]: state } });
  }
}

/** Characters kept of a lane's output: a boot log, or the trace of a start. */
const outputLimit = 24_576;

const bothWaiting: Readonly<Record<Lane, LaneState>> = {
  machine: { type: 'waiting' },
  container: { type: 'waiting' },
};
