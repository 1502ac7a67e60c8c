import { randomFillSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { toDisposable } from '../base/lifecycle';
import { CoreMachine } from './core-machine';
import type { Machine, MachineProfile } from './machine';
import type { AssetSource, Platform, Scheduler } from './platform';

/** Where `npm run images` puts what it builds. */
export const artifactsFolder = fileURLToPath(new URL('../../public/machine', import.meta.url));

/** A machine in this process. Its timers keep the process alive until it is powered off or disposed of. */
export function createNodeMachine(profile: MachineProfile, options: Partial<Platform> = {}): Machine {
  return new CoreMachine(profile, nodePlatform(options));
}

export function nodePlatform(options: Partial<Platform> = {}): Platform {
  return {
    now: () => performance.timeOrigin + performance.now(),
    today: () => Date.now(),
    fillRandom: (bytes) => void randomFillSync(bytes),
    scheduler: nodeScheduler,
    assets: folderAssets(artifactsFolder),
    ...options,
  };
}

const nodeScheduler: Scheduler = {
  soon(run) {
    const immediate = setImmediate(run);
    return toDisposable(() => clearImmediate(immediate));
  },
  after(delayMs, run) {
    const timeout = setTimeout(run, delayMs);
    return toDisposable(() => clearTimeout(timeout));
  },
};

export function folderAssets(folder: string): AssetSource {
  return {
    readManifest: async (signal): Promise<unknown> =>
      JSON.parse(await readFile(join(folder, 'manifest.json'), { encoding: 'utf8', signal })),
    read: async (artifact, signal, onBytes) => {
      const bytes = new Uint8Array(await readFile(join(folder, artifact.file), { signal }));
      onBytes(bytes.length);
      return bytes;
    },
    transferredBytes: () => undefined,
    compile: (_, wasm) => WebAssembly.compile(wasm),
    importModule: (artifact) => import(pathToFileURL(join(folder, artifact.file)).href),
  };
}
