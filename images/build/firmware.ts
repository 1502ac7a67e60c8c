import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Step } from './step';
import { sourcePackages, versionsOf } from './archives';

/**
 * `bios.bin`, `vgabios.bin` and `vgabios-std.bin`: SeaBIOS for the PC that v86 emulates. The first one for the screen is
 * for an ISA card and stays unused on v86's PCI card; the second one has that card's identity, and is found and run.
 */
export const firmware: Step = {
  name: 'firmware',
  inputs: async () => ({
    ...versionsOf(await sourcePackages.resolve(['seabios'])),
    files: 'bios, vgabios-isavga, vgabios-stdvga',
  }),
  async build(job) {
    const [seabios] = await sourcePackages.resolve(['seabios']);
    if (!seabios) throw new Error('no seabios');
    await sourcePackages.unpack(seabios, job.scratch, job.signal);
    const folder = join(job.scratch, 'usr/share/seabios');
    await copyFile(join(folder, 'bios.bin'), join(job.out, 'bios.bin'));
    await copyFile(join(folder, 'vgabios-isavga.bin'), join(job.out, 'vgabios.bin'));
    await copyFile(join(folder, 'vgabios-stdvga.bin'), join(job.out, 'vgabios-std.bin'));
  },
};
