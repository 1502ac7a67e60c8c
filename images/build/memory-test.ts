import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { guestPackages, versionsOf } from './archives';
import type { Step } from './step';

/** `memtest.bin`: Memtest86+ for a PC without UEFI, which boots as a Linux kernel does. */
export const memoryTest: Step = {
  name: 'memtest',
  inputs: async () => versionsOf(await guestPackages.resolve(['memtest86+'])),
  async build(job) {
    const [memtest] = await guestPackages.resolve(['memtest86+']);
    if (!memtest) throw new Error('no memtest86+');
    await guestPackages.unpack(memtest, job.scratch, job.signal);
    await copyFile(join(job.scratch, 'boot/memtest86+ia32.bin'), join(job.out, 'memtest.bin'));
  },
};
