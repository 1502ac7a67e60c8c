import { join } from 'node:path';
import { checkout } from './checkout';
import { digestSources } from './digest';
import { imageTools, runImageTool } from './image-tools';
import type { Step } from './step';

/** A registry of static files with these images, in the layout of images/engine/registry/LAYOUT.md. */
export function registry(images: readonly Step[]): Step {
  return {
    name: 'registry',
    needs: [imageTools, ...images],
    inputs: async () => ({
      registry: await digestSources(checkout, ['images/build/registry.ts']),
      'images of the registry': images.map(({ name }) => name).join(' '),
    }),
    async build(job) {
      const archives = images.map((image) => join(job.outputOf(image), 'image.tar'));
      await runImageTool(
        job.outputOf(imageTools),
        'hull-registry',
        ['layout', job.out, ...archives],
        job.signal,
      );
    },
  };
}
