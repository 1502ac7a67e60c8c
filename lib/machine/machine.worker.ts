import { CoreMachine } from './core-machine';
import { serveMachine } from './machine-server';
import type { FromWorker, ToWorker } from './protocol';
import { workerPlatform } from './worker-platform';

let served: ReturnType<typeof serveMachine> | undefined;

function post(message: FromWorker): void {
  self.postMessage(message);
}

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if (data.type !== 'create') {
    served?.(data);
    return;
  }
  const platform = workerPlatform(data.assetsUrl, data.compiled, (wasm) => post({ type: 'compiled', wasm }));
  served = serveMachine(new CoreMachine(data.profile, platform), post);
};
