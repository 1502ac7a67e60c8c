import { type ReadonlyStore, Store } from '@/lib/base/store';
import type { ComparePair, StartFrom } from './compare-pair';

export type CompareState =
  | { type: 'idle' }
  | { type: 'starting' }
  | { type: 'up'; pair: ComparePair }
  | { type: 'failed'; error: unknown };

/** One visit: nothing is loaded before the first start, everything is given back at the end. */
export class CompareSession {
  private readonly store = new Store<CompareState>({ type: 'idle' });
  private abort = new AbortController();

  readonly state: ReadonlyStore<CompareState> = this.store;

  async start(from: StartFrom): Promise<void> {
    this.stop();
    this.abort = new AbortController();
    const { signal } = this.abort;
    this.store.set({ type: 'starting' });
    try {
      const { openPair } = await import('./open-pair');
      signal.throwIfAborted();
      const pair = await openPair(from, signal);
      if (signal.aborted) pair.dispose();
      else this.store.set({ type: 'up', pair });
    } catch (error) {
      if (!signal.aborted) this.store.set({ type: 'failed', error });
    }
  }

  stop(): void {
    this.abort.abort();
    const state = this.store.get();
    this.store.set({ type: 'idle' });
    if (state.type === 'up') state.pair.dispose();
  }
}
