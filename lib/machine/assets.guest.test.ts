import { afterEach, expect, test } from 'vitest';
import { web } from '../fleet/profiles';
import type { Machine } from './machine';
import { artifactsFolder, createNodeMachine, folderAssets } from './node-platform';
import type { AssetSource } from './platform';

const folder = folderAssets(artifactsFolder);

/** The real artifacts, one of them spoiled on its way. */
function spoiling(
  name: string,
  spoil: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>,
): AssetSource {
  return {
    ...folder,
    read: async (artifact, signal, onBytes) => {
      const bytes = await folder.read(artifact, signal, onBytes);
      return artifact.name === name ? spoil(bytes) : bytes;
    },
  };
}

let machine: Machine;
afterEach(() => machine.dispose());

async function start(assets: AssetSource): Promise<{ code: string; message: string }> {
  machine = createNodeMachine(web, { assets });
  await expect(machine.powerOn({ type: 'cold' })).rejects.toThrow();
  const state = machine.state.get();
  if (state.type !== 'failed') throw new Error(`the machine is ${state.type}`);
  return state.error;
}

test('a missing part fails the machine with its name', async () => {
  const error = await start({
    ...folder,
    read: (artifact, ...rest) =>
      artifact.name === 'kernel' ? Promise.reject(new Error('404')) : folder.read(artifact, ...rest),
  });
  expect(error.code).toBe('asset-missing');
  expect(error.message).toContain('"kernel"');
});

test('a site without a manifest is incomplete', async () => {
  const error = await start({ ...folder, readManifest: () => Promise.reject(new Error('404')) });
  expect(error.code).toBe('asset-missing');
});

test('a manifest that is something else is not believed', async () => {
  const error = await start({
    ...folder,
    readManifest: async () => ({ version: 1, artifacts: [{ name: 'v86' }] }),
  });
  expect(error.code).toBe('asset-altered');
});

test('a part that was cut says how much is there', async () => {
  const error = await start(spoiling('root-web', (bytes) => bytes.subarray(0, 1000)));
  expect(error.code).toBe('asset-altered');
  expect(error.message).toContain('1000 bytes');
});

test.each(['v86', 'v86-wasm', 'bios', 'kernel'])('one changed bit in %s is seen', async (name) => {
  const error = await start(
    spoiling(name, (bytes) => {
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      return bytes;
    }),
  );
  expect(error.code).toBe('asset-altered');
  expect(error.message).toContain(`"${name}"`);
});

test('what another machine has compiled from the same file is not read again', async () => {
  const modules = new Map<string, WebAssembly.Module>();
  const reads: string[] = [];
  const assets: AssetSource = {
    ...folder,
    read: (artifact, ...rest) => {
      reads.push(artifact.name);
      return folder.read(artifact, ...rest);
    },
    compile: async (artifact, bytes) => {
      const compiled = await folder.compile(artifact, bytes);
      modules.set(artifact.sha256, compiled);
      return compiled;
    },
    compiled: ({ sha256 }) => modules.get(sha256),
  };
  for (let turn = 0; turn < 2; turn += 1) {
    machine = createNodeMachine(web, { assets });
    await machine.powerOn({ type: 'cold' });
    machine.dispose();
  }
  expect(reads.filter((name) => name === 'v86-wasm')).toHaveLength(1);
  expect(reads.filter((name) => name === 'kernel')).toHaveLength(2);
});

test('after a failure the next power on works', async () => {
  let broken = true;
  machine = createNodeMachine(web, {
    assets: {
      ...folder,
      readManifest: (signal) => (broken ? Promise.reject(new Error('offline')) : folder.readManifest(signal)),
    },
  });
  await expect(machine.powerOn({ type: 'cold' })).rejects.toThrow('manifest.json');
  broken = false;
  await machine.powerOn({ type: 'cold' });
  expect(machine.state.get()).toEqual({ type: 'running' });
});
