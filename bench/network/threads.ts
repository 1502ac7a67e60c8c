import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker as Thread } from 'node:worker_threads';
import { checkout } from '../../images/build/checkout';
import { toDisposable } from '../../lib/base/lifecycle';
import { nodeParts } from '../../lib/fleet/node-parts';
import type { StartParts } from '../../lib/fleet/start-machine';
import { WorkerMachine } from '../../lib/machine/worker-machine';
import { bundle } from './bundle';

/** Each machine in a thread of its own, as each is in a worker of its own in a page. */
export async function threadParts(card: 'own' | 'v86'): Promise<StartParts> {
  const program = await bundle('bench/network/machine-thread.ts', 'cjs', (path) =>
    JSON.stringify(pathToFileURL(join(checkout, path)).href),
  );
  return {
    ...nodeParts,
    createMachine: (profile) =>
      new WorkerMachine(profile, {
        createWorker: () => asWebWorker(new Thread(program, { eval: true })),
        assetsUrl: card,
        scheduler: { soon: (run) => after(0, run), after },
      }),
  };
}

/** The part of a web worker that `WorkerMachine` uses. */
function asWebWorker(thread: Thread): Worker {
  const worker = {
    onmessage: undefined as ((event: { data: unknown }) => void) | undefined,
    onerror: undefined as ((event: { message: string; preventDefault(): void }) => void) | undefined,
    postMessage: (message: unknown, transfer: Transferable[] = []) =>
      thread.postMessage(message, transfer as never),
    terminate: () => void thread.terminate(),
  };
  thread.on('message', (data) => worker.onmessage?.({ data }));
  thread.on('error', ({ message }) => worker.onerror?.({ message, preventDefault: () => {} }));
  return worker as unknown as Worker;
}

function after(delayMs: number, run: () => void) {
  const timeout = setTimeout(run, delayMs);
  return toDisposable(() => clearTimeout(timeout));
}
