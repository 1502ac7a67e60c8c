import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkout } from './checkout';
import { digestSources } from './digest';
import { loadAddress, loadElf32, writeFlatKernel } from './flat-kernel';
import { linux } from './linux';
import type { Step } from './step';

/** `kernel.bin`, a bzImage without a decompressor (docs/adr/0002). */
export const kernel: Step = {
  name: 'kernel',
  needs: [linux],
  inputs: async () => ({
    'kernel image': await digestSources(checkout, ['images/build/kernel.ts', 'images/build/flat-kernel.ts']),
  }),
  async build(job) {
    const folder = job.outputOf(linux);
    const { start, image, memoryBytes } = loadElf32(await readFile(join(folder, 'vmlinux')));
    if (start !== loadAddress) {
      throw new Error(`vmlinux starts at 0x${start.toString(16)}, not where it is loaded`);
    }
    const bzImage = await readFile(join(folder, 'bzImage'));
    await writeFile(join(job.out, 'kernel.bin'), writeFlatKernel(bzImage, image, memoryBytes));
  },
};
