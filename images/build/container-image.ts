import { cp, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkout } from './checkout';
import type { CpioEntry } from './cpio';
import { digestSources } from './digest';
import { imageTools, runImageTool } from './image-tools';
import type { Step } from './step';
import { mergeTrees, readTree, writeTree } from './tree';

/** An image for containers, made of `images/containers/NAME/Dockerfile`. */
export interface ContainerImage {
  /** `library/NAME:latest` in a registry. */
  name: string;
  /** Trees that the Dockerfile finds in `files`, beside what lies in `images/containers/NAME/files`. */
  trees: readonly Step[];
  /** Whether it has /tmp, /root and other folders that programs expect. */
  folders: boolean;
}

const usualFolders: readonly CpioEntry[] = [
  ...['home', 'run', 'var', 'var/log'].map((path) => ({ path, mode: 0o755, type: 'directory' }) as const),
  { path: 'root', mode: 0o700, type: 'directory' },
  { path: 'tmp', mode: 0o1777, type: 'directory' },
  { path: 'var/tmp', mode: 0o1777, type: 'directory' },
];

/** `image.tar`, as `docker save` would write it. */
export function containerImage({ name, trees, folders }: ContainerImage): Step {
  const folder = `images/containers/${name}`;
  return {
    name: `image-${name}`,
    needs: [imageTools, ...trees],
    inputs: async () => ({
      [`image ${name}`]: await digestSources(checkout, [
        `${folder}/Dockerfile`,
        ...((await exists(join(checkout, folder, 'files'))) ? [`${folder}/files`] : []),
        'images/build/container-image.ts',
        'images/build/tree.ts',
      ]),
      [`trees of ${name}`]: JSON.stringify([trees.map((tree) => tree.name), folders]),
    }),
    async build(job) {
      const own = join(checkout, folder, 'files');
      const entries = mergeTrees(
        ...(await Promise.all(trees.map((tree) => readTree(job.outputOf(tree))))),
        ...((await exists(own)) ? [await readTree(own)] : []),
        ...(folders ? [usualFolders] : []),
      );
      await writeTree(join(job.scratch, 'files'), entries);
      await cp(join(checkout, folder, 'Dockerfile'), join(job.scratch, 'Dockerfile'));
      job.progress('building');
      const archive = join(job.out, 'image.tar');
      await runImageTool(
        job.outputOf(imageTools),
        'hull-bake',
        ['-t', name, '-o', archive, job.scratch],
        job.signal,
      );
    },
  };
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
