import { toDisposable } from '../base/lifecycle';
import type { AssetSource, CompiledFile, Platform, Scheduler } from './platform';
import { urlAssets } from './url-assets';

/**
 * What a machine needs, from a dedicated worker.
 * @param compiled what an earlier worker has compiled
 * @param onCompiled is told what this one has
 */
export function workerPlatform(
  assetsUrl: string,
  compiled: CompiledFile | undefined,
  onCompiled: (wasm: CompiledFile) => void,
): Platform {
  const files = urlAssets(assetsUrl, { fetch: (input, init) => fetch(input, init), importModule });
  const assets: AssetSource = {
    ...files,
    compile: async (artifact, bytes) => {
      const compiledNow = await WebAssembly.compile(bytes);
      const transferredBytes = files.transferredBytes(artifact) ?? artifact.bytes;
      onCompiled({ sha256: artifact.sha256, module: compiledNow, transferredBytes });
      return compiledNow;
    },
    compiled: ({ sha256 }) => (compiled?.sha256 === sha256 ? compiled.module : undefined),
    transferredBytes: (file) =>
      compiled?.sha256 === file.sha256 ? compiled.transferredBytes : files.transferredBytes(file),
  };
  return {
    now: () => performance.timeOrigin + performance.now(),
    today: () => Date.now(),
    fillRandom: (bytes) => void crypto.getRandomValues(bytes),
    scheduler: workerScheduler(),
    assets,
  };
}

/**
 * v86 would yield through a nested worker made from a blob, which costs a thread a machine and needs `blob:` in the
 * page's policy. The emulator is given its own `yield` anyway; with a `process` in sight when it is loaded, v86
 * believes to be in Node and starts no such worker.
 */
async function importModule(url: string): Promise<unknown> {
  const scope = globalThis as { process?: unknown };
  const before = scope.process;
  scope.process = before ?? {};
  try {
    return await import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ url);
  } finally {
    if (before === undefined) delete scope.process;
  }
}

/** Timers clamp to 4 ms when they nest; a message to oneself does not wait. */
function workerScheduler(): Scheduler {
  const due: (() => void)[] = [];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => due.shift()?.();
  return {
    soon(run) {
      let wanted = true;
      due.push(() => wanted && run());
      port2.postMessage(null);
      return toDisposable(() => (wanted = false));
    },
    after(delayMs, run) {
      const timeout = setTimeout(run, delayMs);
      return toDisposable(() => clearTimeout(timeout));
    },
  };
}
