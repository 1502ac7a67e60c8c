import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { imageTools, runImageTool } from './image-tools';
import type { Step } from './step';

/**
 * The engine's store with images in it, at /var/lib/docker. Modes matter there, because they are those of the
 * containers' files. Times do not, nor extended attributes: a cpio archive has none.
 */
export function preload(images: readonly Step[]): Step {
  return {
    name: 'preload',
    needs: [imageTools, ...images],
    inputs: async () => ({ 'preloaded images': images.map(({ name }) => name).join(' ') }),
    async build(job) {
      const store = join(job.out, 'var/lib/docker');
      await mkdir(store, { recursive: true });
      const archives = images.map((image) => join(job.outputOf(image), 'image.tar'));
      await runImageTool(job.outputOf(imageTools), 'hull-preload', [store, ...archives], job.signal);
    },
  };
}
