import { parentPort } from 'node:worker_threads';
import { CoreMachine } from '../../lib/machine/core-machine';
import { serveMachine } from '../../lib/machine/machine-server';
import { artifactsFolder, folderAssets, nodePlatform } from '../../lib/machine/node-platform';
import type { ToWorker } from '../../lib/machine/protocol';
import { withV86Card } from './v86-card';

/** The thread's side of threads.ts. `assetsUrl` says which card the machine has. */
let served: ReturnType<typeof serveMachine> | undefined;

parentPort?.on('message', (data: ToWorker) => {
  if (data.type !== 'create') {
    served?.(data);
    return;
  }
  const assets = folderAssets(artifactsFolder);
  const platform = nodePlatform({ assets: data.assetsUrl === 'v86' ? withV86Card(assets) : assets });
  served = serveMachine(new CoreMachine(data.profile, platform), (message) =>
    parentPort?.postMessage(message),
  );
});
