/** Whatever holds a listener, worker, port, timer or subscription. Disposing twice is harmless. */
export interface Disposable {
  dispose(): void;
}

/** Wraps a clean-up function; it runs at most once. */
export function toDisposable(cleanUp: () => void): Disposable {
  let pending: (() => void) | undefined = cleanUp;
  return {
    dispose() {
      const run = pending;
      pending = undefined;
      run?.();
    },
  };
}

/** Owns disposables and disposes of them in reverse order. What is added after disposal is disposed at once. */
export class DisposableStack implements Disposable {
  private items: Disposable[] = [];
  private disposed = false;

  get isDisposed(): boolean {
    return this.disposed;
  }

  add<T extends Disposable>(item: T): T {
    if (this.disposed) item.dispose();
    else this.items.push(item);
    return item;
  }

  defer(cleanUp: () => void): void {
    this.add(toDisposable(cleanUp));
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    const items = this.items.reverse();
    this.items = [];
    for (const item of items) item.dispose();
  }
}
