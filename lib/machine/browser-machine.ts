import { toDisposable } from '../base/lifecycle';
import type { Machine, MachineProfile } from './machine';
import { WorkerMachine } from './worker-machine';

/** A machine of this page. `assetsUrl` is where the manifest lies, relative to the page or absolute. */
export function createBrowserMachine(profile: MachineProfile, options: { assetsUrl: string }): Machine {
  return new WorkerMachine(profile, {
    // Bundlers look for exactly this expression.
    createWorker: () => new Worker(new URL('./machine.worker.ts', import.meta.url), { type: 'module' }),
    assetsUrl: new URL(options.assetsUrl, location.href).href,
    scheduler: {
      soon: (run) => after(0, run),
      after,
    },
  });
}

function after(delayMs: number, run: () => void) {
  const timeout = setTimeout(run, delayMs);
  return toDisposable(() => clearTimeout(timeout));
}
