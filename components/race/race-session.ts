import { type ReadonlyStore, Store } from '@/lib/base/store';
import { type RaceOrder, type RaceSample, raceCaveats, raceRow } from '@/lib/experiments/race-sample';
import { type ExperimentResult, toCsv } from '@/lib/experiments/result';
import type { RaceHost } from './race-host';

export type RaceSessionState =
  | { type: 'idle' }
  | { type: 'preparing' }
  | { type: 'racing'; host: RaceHost }
  | { type: 'up'; host: RaceHost }
  | { type: 'failed'; error: unknown };

/** One visit's race: the host machine, brought up at the first press, and the runs on it. */
export class RaceSession {
  private readonly store = new Store<RaceSessionState>({ type: 'idle' });
  private host: RaceHost | undefined;
  private abort = new AbortController();

  readonly state: ReadonlyStore<RaceSessionState> = this.store;

  /** Runs the race, bringing up the host first when it is not up. Failures become states. */
  async race(runs: number, order: RaceOrder): Promise<void> {
    await this.attempt(async (signal) => {
      const host = this.host?.isUp() ? this.host : await this.bringUp('snapshot', signal);
      this.store.set({ type: 'racing', host });
      await host.race.run(runs, order, signal);
    });
  }

  /** Replaces the host by one that went through a whole boot. */
  async bootHostCold(): Promise<void> {
    await this.attempt(async (signal) => {
      await this.bringUp('cold', signal);
    });
  }

  /** Ends what runs; the host stays up. */
  cancel(): void {
    this.abort.abort(new DOMException('stopped', 'AbortError'));
  }

  /** Ends everything and gives the memory back. */
  stop(): void {
    this.cancel();
    this.disposeHost();
    this.store.set({ type: 'idle' });
  }

  samplesAsCsv(): string {
    return toCsv(this.samples().map(raceRow));
  }

  samplesAsJson(): string {
    const result: ExperimentResult<RaceSample> & { host: object | undefined } = {
      experiment: 'race',
      takenAt: new Date().toISOString(),
      environment: { platform: navigator.userAgent, logicalCores: navigator.hardwareConcurrency },
      host: this.host && { startedFrom: this.host.startedFrom, ...this.host.cost },
      samples: this.samples(),
      caveats: raceCaveats,
    };
    return JSON.stringify(result, null, 2);
  }

  private samples(): readonly RaceSample[] {
    return this.host?.race.samples.get() ?? [];
  }

  private async attempt(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.abort = new AbortController();
    const { signal } = this.abort;
    try {
      await work(signal);
      this.showHost();
    } catch (error) {
      if (signal.aborted) this.showHost();
      else this.store.set({ type: 'failed', error });
    }
  }

  private showHost(): void {
    this.store.set(this.host ? { type: 'up', host: this.host } : { type: 'idle' });
  }

  private async bringUp(from: 'snapshot' | 'cold', signal: AbortSignal): Promise<RaceHost> {
    this.disposeHost();
    this.store.set({ type: 'preparing' });
    const { bringUpRaceHost } = await import('./race-host');
    const host = await bringUpRaceHost(from, signal);
    this.host = host;
    return host;
  }

  private disposeHost(): void {
    this.host?.dispose();
    this.host = undefined;
  }
}
