import { type Disposable, toDisposable } from '@/lib/base/lifecycle';
import { type ReadonlyStore, Store, until } from '@/lib/base/store';
import { changedCells } from '@/lib/experiments/probes/export';
import type { ProbeRow } from '@/lib/experiments/probes/probe';

export interface SurveyResult {
  rows: readonly ProbeRow[];
  /** `probe/side` of cells that are not what they were one survey before. */
  changed: ReadonlySet<string>;
  takenAt: Date;
}

export type SurveyState = 'asking' | 'waiting' | 'paused';

/** From the end of one survey to the start of the next: asking costs the emulated processors about half a second. */
const pauseBetweenMs = 5000;

/** Asks again and again; one survey at a time. */
export class SurveyLoop implements Disposable {
  private readonly latest = new Store<SurveyResult | undefined>(undefined);
  private readonly activity = new Store<SurveyState>('waiting');
  private readonly abort = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isWanted = true;
  private holds = 0;
  /** Somebody wants a fresh answer once the running survey is through. */
  private isStale = false;

  readonly result: ReadonlyStore<SurveyResult | undefined> = this.latest;
  readonly state: ReadonlyStore<SurveyState> = this.activity;

  /** @param ask rejects only when its signal is aborted */
  constructor(private readonly ask: (signal: AbortSignal) => Promise<ProbeRow[]>) {}

  /** Paused means that only `refresh` asks. */
  setPaused(paused: boolean): void {
    this.isWanted = !paused;
    this.arrange();
  }

  /** Nothing is asked by itself until it is disposed of: nobody looks, or somebody measures. */
  hold(): Disposable {
    this.holds++;
    this.arrange();
    return toDisposable(() => {
      this.holds--;
      this.arrange();
    });
  }

  /** Resolves when no survey is under way. */
  async settled(): Promise<void> {
    await until(this.activity, (state) => state !== 'asking');
  }

  refresh(): void {
    if (this.activity.get() === 'asking') this.isStale = true;
    else void this.run();
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.abort.abort();
  }

  private arrange(): void {
    if (this.abort.signal.aborted || this.activity.get() === 'asking') return;
    clearTimeout(this.timer);
    const runs = this.isWanted && this.holds === 0;
    this.activity.set(runs ? 'waiting' : 'paused');
    if (runs) this.timer = setTimeout(() => void this.run(), pauseBetweenMs);
  }

  private async run(): Promise<void> {
    if (this.abort.signal.aborted) return;
    const { signal } = this.abort;
    clearTimeout(this.timer);
    this.activity.set('asking');
    try {
      const rows = await this.ask(signal);
      const before = this.latest.get()?.rows ?? [];
      this.latest.set({ rows, changed: changedCells(before, rows), takenAt: new Date() });
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.activity.set('waiting');
      const runsOn = this.isStale;
      this.isStale = false;
      if (runsOn) void this.run();
      else this.arrange();
    }
  }
}
