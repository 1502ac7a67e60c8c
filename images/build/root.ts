import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkout } from './checkout';
import { type CpioEntry, writeCpio } from './cpio';
import { digestSources } from './digest';
import { mergeJson } from './merge-json';
import type { Job, Step } from './step';
import { mergeTrees, readTree, under } from './tree';

/** A part of a root file system. */
export type Layer =
  /** A folder of this checkout, as it is. */
  | { type: 'files'; folder: string }
  /** What a step has made, with plain modes or its own. */
  | { type: 'step'; step: Step; modes?: 'exact' }
  /** A container that can be run: `config.json` and `rootfs`, under /var/lib/twinhull/bundles. */
  | { type: 'bundle'; name: string; layers: readonly Layer[] };

/** What `hullrun spec` prints. images/containers/NAME/config.json holds what is different for a bundle. */
const defaultConfig = 'images/runtime/default-config.json';

const sources = ['cpio', 'digest', 'merge-json', 'root', 'tree'].map((file) => `images/build/${file}.ts`);

/** An initramfs, uncompressed: HTTP compresses it, and the guest need not unpack it. */
export function rootStep(name: string, layers: readonly Layer[]): Step {
  return {
    name,
    needs: [...new Set(stepsOf(layers))],
    inputs: async () => ({
      [name]: await digestSources(checkout, [...sources, ...new Set(foldersOf(layers))]),
      'layers of the root': JSON.stringify(describe(layers)),
    }),
    async build(job) {
      const console: CpioEntry = {
        path: 'dev/console',
        mode: 0o600,
        type: 'character-device',
        major: 5,
        minor: 1,
      };
      await writeFile(join(job.out, 'root.cpio'), writeCpio([...(await assemble(layers, job)), console]));
    },
  };
}

const mountPoints: CpioEntry[] = [
  ...['dev', 'proc', 'sys', 'run', 'var', 'var/log'].map((path): CpioEntry => ({
    path,
    mode: 0o755,
    type: 'directory',
  })),
  { path: 'root', mode: 0o700, type: 'directory' },
  { path: 'tmp', mode: 0o1777, type: 'directory' },
];

async function assemble(layers: readonly Layer[], job: Job): Promise<CpioEntry[]> {
  const trees = await Promise.all(
    layers.map(async (layer): Promise<CpioEntry[]> => {
      switch (layer.type) {
        case 'files':
          return readTree(join(checkout, layer.folder));
        case 'step':
          return readTree(job.outputOf(layer.step), layer.modes);
        case 'bundle':
          return under(`var/lib/twinhull/bundles/${layer.name}`, [
            { path: 'config.json', mode: 0o644, type: 'file', data: await bundleConfig(layer.name) },
            { path: 'rootfs', mode: 0o755, type: 'directory' },
            ...under('rootfs', await assemble(layer.layers, job)),
          ]);
      }
    }),
  );
  return mergeTrees(mountPoints, ...trees);
}

async function bundleConfig(name: string): Promise<Uint8Array> {
  const [base, own] = await Promise.all(
    [defaultConfig, configOf(name)].map(
      async (file) => JSON.parse(await readFile(join(checkout, file), 'utf8')) as unknown,
    ),
  );
  return new TextEncoder().encode(`${JSON.stringify(mergeJson(base, own), null, 2)}\n`);
}

function configOf(bundle: string): string {
  return `images/containers/${bundle}/config.json`;
}

function stepsOf(layers: readonly Layer[]): Step[] {
  return layers.flatMap((layer) => {
    if (layer.type === 'bundle') return stepsOf(layer.layers);
    return layer.type === 'step' ? [layer.step] : [];
  });
}

function foldersOf(layers: readonly Layer[]): string[] {
  return layers.flatMap((layer) => {
    if (layer.type === 'bundle') return [defaultConfig, configOf(layer.name), ...foldersOf(layer.layers)];
    return layer.type === 'files' ? [layer.folder] : [];
  });
}

/** The structure alone: contents are inputs of their own. */
function describe(layers: readonly Layer[]): unknown[] {
  return layers.map((layer) => {
    if (layer.type === 'bundle') return [layer.name, describe(layer.layers)];
    return layer.type === 'files' ? layer.folder : [layer.step.name, layer.modes];
  });
}
