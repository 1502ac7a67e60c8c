import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkout } from './checkout';
import { type CpioEntry, writeCpio } from './cpio';
import { digestSources } from './digest';
import type { Step } from './step';
import { mergeTrees, readTree, under } from './tree';

/** A part of a root file system. */
export type Layer =
  /** A folder of this checkout, as it is. */
  | { type: 'files'; folder: string }
  /** The output of a step, at `at` (default: the top). */
  | { type: 'step'; step: Step; at?: string };

/** An initramfs, uncompressed: HTTP compresses it, and the guest need not unpack it. */
export function rootStep(name: string, layers: readonly Layer[]): Step {
  const sources = ['images/build/root.ts', 'images/build/cpio.ts', 'images/build/tree.ts'];
  for (const layer of layers) if (layer.type === 'files') sources.push(layer.folder);
  return {
    name,
    needs: [...new Set(layers.flatMap((layer) => (layer.type === 'step' ? [layer.step] : [])))],
    inputs: async () => ({
      [name]: await digestSources(checkout, sources),
      layers: layers.map((layer) => (layer.type === 'files' ? layer.folder : (layer.at ?? ''))).join(' '),
    }),
    async build(job) {
      const trees = await Promise.all(
        layers.map(async (layer): Promise<CpioEntry[]> => {
          if (layer.type === 'files') return readTree(join(checkout, layer.folder));
          const tree = await readTree(job.outputOf(layer.step));
          return layer.at ? under(layer.at, tree) : tree;
        }),
      );
      await writeFile(join(job.out, 'root.cpio'), writeCpio(mergeTrees(mountPoints, ...trees)));
    },
  };
}

/** Where init mounts, and the console that the kernel opens for it. */
const mountPoints: CpioEntry[] = [
  ...['dev', 'proc', 'sys', 'run'].map((path): CpioEntry => ({ path, mode: 0o755, type: 'directory' })),
  { path: 'root', mode: 0o700, type: 'directory' },
  { path: 'tmp', mode: 0o1777, type: 'directory' },
  { path: 'dev/console', mode: 0o600, type: 'character-device', major: 5, minor: 1 },
];
