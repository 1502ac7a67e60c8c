import { type ReadonlyStore, Store } from '@/lib/base/store';
import { type DriverStep, drivers } from '@/lib/experiments/drivers/proof';

export type DriversState =
  | { type: 'idle' }
  | { type: 'starting' }
  | { type: 'running' }
  | { type: 'done' }
  | { type: 'failed'; error: unknown };

const untried: readonly DriverStep[] = drivers.map((driver) => ({ driver, type: 'waiting' }));

/** One visit: every run has two machines of its own, which are given back at its end. */
export class DriversSession {
  private readonly states = new Store<DriversState>({ type: 'idle' });
  private readonly shown = new Store<readonly DriverStep[]>(untried);
  private abort = new AbortController();

  readonly state: ReadonlyStore<DriversState> = this.states;
  readonly steps: ReadonlyStore<readonly DriverStep[]> = this.shown;

  async start(): Promise<void> {
    this.stop();
    this.abort = new AbortController();
    const { signal } = this.abort;
    this.states.set({ type: 'starting' });
    this.shown.set(untried);
    try {
      const { openDrivers } = await import('./open-drivers');
      signal.throwIfAborted();
      const opened = await openDrivers(signal);
      const { run } = opened;
      const watching = run.steps.subscribe((steps) => {
        if (!signal.aborted) this.shown.set(steps);
      });
      try {
        signal.throwIfAborted();
        this.states.set({ type: 'running' });
        await run.run(signal);
      } finally {
        watching.dispose();
        opened.dispose();
      }
      this.states.set({ type: 'done' });
    } catch (error) {
      if (!signal.aborted) this.states.set({ type: 'failed', error });
    }
  }

  /** What was found so far stays. */
  stop(): void {
    this.abort.abort();
    this.shown.set(
      this.shown
        .get()
        .map((step) => (step.type === 'running' ? { driver: step.driver, type: 'waiting' } : step)),
    );
    this.states.set({ type: 'idle' });
  }
}
