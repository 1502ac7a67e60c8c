import { pageParts } from '@/components/machine/page-parts';
import { type ReadonlyStore, Store } from '@/lib/base/store';
import { watchFrames } from './frame-gaps';

/** One figure measured in this tab. */
export interface Measured {
  name: string;
  unit: string;
  samples: readonly number[];
}

export type MeasureState =
  | { type: 'idle' }
  | { type: 'measuring'; what: string; figures: readonly Measured[] }
  | { type: 'done'; figures: readonly Measured[] }
  | { type: 'failed'; error: unknown; figures: readonly Measured[] };

/** How often each thing is done. The first time fills the browser's caches and is left out. */
const repetitions = 3;

/** Boots and restores machines in this tab, one thing after another, and keeps the figures. */
export class MeasureSession {
  private readonly store = new Store<MeasureState>({ type: 'idle' });
  private abort = new AbortController();

  readonly state: ReadonlyStore<MeasureState> = this.store;

  async measure(): Promise<void> {
    this.abort = new AbortController();
    const { signal } = this.abort;
    const figures: Measured[] = [];
    const begin = (what: string) => this.store.set({ type: 'measuring', what, figures: [...figures] });
    try {
      begin('Loading');
      const [{ timeColdBoot, timeRestore }, parts] = await Promise.all([
        import('@/lib/experiments/boot-timings'),
        pageParts(),
      ]);
      begin('Booting cold');
      await timeColdBoot(parts, signal);
      const boots = await times(repetitions, () => timeColdBoot(parts, signal));
      figures.push(
        { name: 'Cold boot to the prompt', unit: 'ms', samples: boots.map(({ bootMs }) => bootMs) },
        { name: 'Loading before it', unit: 'ms', samples: boots.map(({ loadMs }) => loadMs) },
        {
          name: 'Instructions of a cold boot',
          unit: 'Mi',
          samples: boots.map(({ instructions }) => instructions / 1e6),
        },
      );
      begin('Restoring the prebuilt snapshot');
      await timeRestore(parts, signal);
      figures.push({
        name: 'Snapshot to the first command’s output',
        unit: 'ms',
        samples: await times(repetitions, () => timeRestore(parts, signal)),
      });
      begin('Booting two machines at once');
      const gaps = await times(repetitions, () =>
        watchFrames(() => Promise.all([timeColdBoot(parts, signal), timeColdBoot(parts, signal)])),
      );
      figures.push({ name: 'Longest gap between frames while two machines boot', unit: 'ms', samples: gaps });
      this.store.set({ type: 'done', figures });
    } catch (error) {
      this.store.set(signal.aborted ? { type: 'idle' } : { type: 'failed', error, figures });
    }
  }

  stop(): void {
    this.abort.abort(new DOMException('stopped', 'AbortError'));
  }
}

async function times<T>(count: number, run: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let index = 0; index < count; index += 1) results.push(await run());
  return results;
}
