import { toDisposable } from '../../lib/base/lifecycle';
import { browserFleet } from '../../lib/fleet/browser-fleet';
import { browserParts } from '../../lib/fleet/browser-parts';
import type { StartParts } from '../../lib/fleet/start-machine';
import { WorkerMachine } from '../../lib/machine/worker-machine';
import { createBrowserWire } from '../../lib/wire/browser-wire';
import { type LabSamples, measureLab } from './lab-round';
import { type Card, type PairSamples, measurePair } from './pair';

const assetsUrl = new URL('/public/machine/', location.href).href;
const registryUrl = new URL('/public/registry/', location.href).href;

/** In a page: each machine in a worker of its own, and the product's wire in a third. */
export async function measureInPage(card: Card): Promise<PairSamples> {
  const parts = card === 'own' ? browserParts(assetsUrl) : partsWithV86Card();
  const site = card === 'own' ? { wire: createBrowserWire(), registryUrl } : undefined;
  return measurePair(card, parts, site, await traffic(), (text) => console.log(text));
}

/** The same of two hosts in a lab. */
export async function measureLabInPage(): Promise<LabSamples> {
  const device = { memoryBytes: undefined, cores: undefined };
  return measureLab(browserFleet(assetsUrl, { registryUrl }, device), await traffic(), (text) =>
    console.log(text),
  );
}

/** The program that sends and receives in the guests. */
async function traffic(): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch('/hulltraffic')).arrayBuffer());
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
