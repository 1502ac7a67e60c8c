import { type Disposable, toDisposable } from './lifecycle';

/** A value that changes and can be watched. The shape fits React's `useSyncExternalStore`. */
export interface ReadonlyStore<T> {
  get(): T;
  /** Called after every change with the new value; not called for the value at subscription. */
  subscribe(listener: (value: T) => void): Disposable;
}

export class Store<T> implements ReadonlyStore<T> {
  private readonly listeners = new Set<(value: T) => void>();

  constructor(private value: T) {}

  get(): T {
    return this.value;
  }

  set(value: T): void {
    if (Object.is(value, this.value)) return;
    this.value = value;
    for (const listener of [...this.listeners]) listener(value);
  }

  subscribe(listener: (value: T) => void): Disposable {
    this.listeners.add(listener);
    return toDisposable(() => this.listeners.delete(listener));
  }
}

/** Resolves with the first value, current or future, for which `accept` holds. Rejects with the signal's reason. */
export function until<T, S extends T>(
  store: ReadonlyStore<T>,
  accept: (value: T) => value is S,
  signal?: AbortSignal,
): Promise<S>;
export function until<T>(
  store: ReadonlyStore<T>,
  accept: (value: T) => boolean,
  signal?: AbortSignal,
): Promise<T>;
export function until<T>(
  store: ReadonlyStore<T>,
  accept: (value: T) => boolean,
  signal?: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    if (accept(store.get())) {
      resolve(store.get());
      return;
    }
    const onAbort = () => {
      subscription.dispose();
      reject(signal?.reason);
    };
    const subscription = store.subscribe((value) => {
      if (!accept(value)) return;
      subscription.dispose();
      signal?.removeEventListener('abort', onAbort);
      resolve(value);
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
