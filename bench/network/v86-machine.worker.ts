import { CoreMachine } from '../../lib/machine/core-machine';
import { serveMachine } from '../../lib/machine/machine-server';
import type { FromWorker, ToWorker } from '../../lib/machine/protocol';
import { workerPlatform } from '../../lib/machine/worker-platform';
import { withV86Card } from './v86-card';

/** lib/machine/machine.worker.ts with v86's own network card. */
let served: ReturnType<typeof serveMachine> | undefined;

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if (data.type !== 'create') {
    served?.(data);
    return;
  }
  const post = (message: FromWorker) => self.postMessage(message);
  const platform = workerPlatform(data.assetsUrl, undefined, (wasm) => post({ type: 'compiled', wasm }));
  const machine = new CoreMachine(data.profile, { ...platform, assets: withV86Card(platform.assets) });
  served = serveMachine(machine, post);
};
