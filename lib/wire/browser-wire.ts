import { toDisposable } from '../base/lifecycle';
import type { Wire } from './wire';
import { WorkerWire } from './worker-wire';

/** A wire of this page, in a worker of its own. */
export function createBrowserWire(): Wire {
  return new WorkerWire({
    // Bundlers look for exactly this expression.
    createWorker: () => new Worker(new URL('./wire.worker.ts', import.meta.url), { type: 'module' }),
    after: (delayMs, run) => {
      const timeout = setTimeout(run, delayMs);
      return toDisposable(() => clearTimeout(timeout));
    },
  });
}
