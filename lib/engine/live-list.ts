import { type ReadonlyStore, Store } from '../base/store';

export type Listing<T> =
  { type: 'loading' } | { type: 'listed'; items: readonly T[] } | { type: 'failed'; cause: unknown };

/** A list that is asked for anew when told so: once at a time, however often it is told. */
export class LiveList<T> {
  private readonly store = new Store<Listing<T>>({ type: 'loading' });
  private readonly asking = new WeakMap<AbortSignal, 'once' | 'again'>();

  readonly listing: ReadonlyStore<Listing<T>> = this.store;

  constructor(private readonly ask: (signal: AbortSignal) => Promise<readonly T[]>) {}

  /** What was listed stays until the new list is there. After an abort nothing changes any more. */
  refresh(signal: AbortSignal): void {
    if (this.asking.has(signal)) this.asking.set(signal, 'again');
    else void this.keepAsking(signal);
  }

  private async keepAsking(signal: AbortSignal): Promise<void> {
    do {
      this.asking.set(signal, 'once');
      const listing = await this.ask(signal).then(
        (items): Listing<T> => ({ type: 'listed', items }),
        (cause: unknown): Listing<T> => ({ type: 'failed', cause }),
      );
      if (signal.aborted) return;
      this.store.set(listing);
    } while (this.asking.get(signal) === 'again');
    this.asking.delete(signal);
  }
}
