import { CoreMachine } from './core-machine';
import { serveMachine } from './machine-server';
import type { ToWorker } from './protocol';
import { workerPlatform } from './worker-platform';

type Served = ReturnType<typeof serveMachine>;

let served: Served | undefined;

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if (data.type !== 'create') {
    served?.(data);
    return;
  }
  const machine = new CoreMachine(data.profile, workerPlatform(data.assetsUrl));
  served = serveMachine(machine, (message, transfer) =>
    self.postMessage(message, { transfer: transfer ?? [] }),
  );
};
