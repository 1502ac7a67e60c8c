import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkout } from './checkout';
import { type CpioEntry, writeCpio } from './cpio';
import { digestSources } from './digest';
import type { Job, Step } from './step';
import { mergeTrees, readTree } from './tree';

/** A part of a root file system. */
export type Layer =
  /** A folder of this checkout, as it is. */
  | { type: 'files'; folder: string }
  /** What a step has made, with plain modes or its own. */
  | { type: 'step'; step: Step; modes?: 'exact' };

const sources = ['cpio', 'digest', 'root', 'tree'].map((file) => `images/build/${file}.ts`);

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
      }
    }),
  );
  return mergeTrees(mountPoints, ...trees);
}

function stepsOf(layers: readonly Layer[]): Step[] {
  return layers.flatMap((layer) => (layer.type === 'step' ? [layer.step] : []));
}

function foldersOf(layers: readonly Layer[]): string[] {
  return layers.flatMap((layer) => (layer.type === 'files' ? [layer.folder] : []));
}

/** The structure alone: contents are inputs of their own. */
function describe(layers: readonly Layer[]): unknown[] {
  return layers.map((layer) => (layer.type === 'files' ? layer.folder : [layer.step.name, layer.modes]));
}
