import { publicRegistry } from '../profiles/containers';
import { hostRoot } from '../profiles/host';
import { share, sharedFiles } from '../profiles/share';
import { webRoot } from '../profiles/web';
import { compression } from './compression';
import { emulator } from './emulator';
import { firmware } from './firmware';
import { kernel } from './kernel';
import { snapshotHost } from './snapshot';
import { memoryTest } from './memory-test';
import { olderKernel } from './older-kernel';
import { bareMetal } from './programs';
import type { FilesPublication, Publication, Step } from './step';

function published(name: string, step: Step, file: string): Publication {
  return { name, step, file, compressed: compression(step, file) };
}

/** What is laid out in public/machine. To add an artifact, write its step and add a line. */
export const publications: readonly Publication[] = [
  published('v86', emulator, 'libv86.mjs'),
  published('v86-wasm', emulator, 'v86.wasm'),
  published('bios', firmware, 'bios.bin'),
  published('vgabios', firmware, 'vgabios.bin'),
  published('vgabios-std', firmware, 'vgabios-std.bin'),
  published('kernel', kernel, 'kernel.bin'),
  published('root-host', hostRoot, 'root.cpio'),
  published('root-web', webRoot, 'root.cpio'),
  published('bare-metal', bareMetal, 'bare-metal.img'),
  published('memtest', memoryTest, 'memtest.bin'),
  published('share', share, 'share.json'),
  // Packed already.
  { name: 'snapshot-host', step: snapshotHost, file: 'host.snapshot' },
];

/** What takes long and few need: built when it is asked for, and laid out from then on (docs/adr/0145). */
export const onRequest: readonly Publication[] = [published('kernel-6.1', olderKernel, 'kernel.bin')];

/** What is laid out beside them, for the guest to read file by file. */
export const publishedFiles: readonly FilesPublication[] = sharedFiles;

/** What is laid out in public/registry: the same for whoever pulls images over a wire. */
export const publishedRegistry: Step = publicRegistry;
