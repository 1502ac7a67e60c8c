import { toDisposable } from '../../lib/base/lifecycle';
import { browserParts } from '../../lib/fleet/browser-parts';
import type { StartParts } from '../../lib/fleet/start-machine';
import { WorkerMachine } from '../../lib/machine/worker-machine';
import { createBrowserWire } from '../../lib/wire/browser-wire';
import { type Card, type PairSamples, measurePair } from './pair';

const assetsUrl = new URL('/public/machine/', location.href).href;

/** In a page: each machine in a worker of its own, and the product's wire in a third. */
export async function measureInPage(card: Card): Promise<PairSamples> {
  const program = new Uint8Array(await (await fetch('/hulltraffic')).arrayBuffer());
  const parts = card === 'own' ? browserParts(assetsUrl) : partsWithV86Card();
  const registryUrl = new URL('/public/registry/', location.href).href;
  const site = card === 'own' ? { wire: createBrowserWire(), registryUrl } : undefined;
  return measurePair(card, parts, site, program, (text) => console.log(text));
}

function partsWithV86Card(): StartParts {
  return {
    ...browserParts(assetsUrl),
    createMachine: (profile) =>
      new WorkerMachine(profile, {
        createWorker: () =>
          new Worker(new URL('./v86-machine.worker.ts', import.meta.url), { type: 'module' }),
        assetsUrl,
        scheduler: { soon: (run) => after(0, run), after },
      }),
  };
}

function after(delayMs: number, run: () => void) {
  const timeout = setTimeout(run, delayMs);
  return toDisposable(() => clearTimeout(timeout));
}
