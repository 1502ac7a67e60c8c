import { toDisposable } from '../../lib/base/lifecycle';
import { browserParts } from '../../lib/fleet/browser-parts';
import type { StartParts, StartedMachine } from '../../lib/fleet/start-machine';
import { WorkerMachine } from '../../lib/machine/worker-machine';
import { type Card, type PairSamples, measurePair } from './pair';

const assetsUrl = new URL('/public/machine/', location.href).href;

/** In a page: each machine in a worker of its own, and the switch in a third. */
export async function measureInPage(card: Card): Promise<PairSamples> {
  const program = new Uint8Array(await (await fetch('/hulltraffic')).arrayBuffer());
  const parts = card === 'own' ? browserParts(assetsUrl) : partsWithV86Card();
  const join = card === 'own' ? joinBySwitch : async () => {};
  return measurePair(card, parts, join, program, (text) => console.log(text));
}

async function joinBySwitch(machines: readonly StartedMachine[]): Promise<void> {
  const worker = new Worker(new URL('./switch.worker.ts', import.meta.url), { type: 'module' });
  for (const { machine } of machines) {
    const { port1, port2 } = new MessageChannel();
    worker.postMessage(port2, [port2]);
    await machine.attachNic(port1);
  }
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
