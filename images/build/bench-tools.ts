import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { guestPackages, versionsOf } from './archives';
import { checkout } from './checkout';
import { type CpioEntry, writeCpio } from './cpio';
import { digestSources } from './digest';
import { dynamicLinker, executable, sharedLibraries } from './shared-libraries';
import { compilerVersion } from './toolchain';
import { mergeTrees } from './tree';
import type { Step } from './step';

/** The runtimes that `hullrun` is measured against, and what they are linked with. */
const packages = [
  'crun',
  'runc',
  'libc6',
  'libcap2',
  'libgcc-s1',
  'libgcrypt20',
  'libgpg-error0',
  'liblz4-1',
  'liblzma5',
  'libseccomp2',
  'libsystemd0',
  'libyajl2',
  'libzstd1',
];
const programs = ['usr/bin/crun', 'usr/sbin/runc'];

/**
 * `root.cpio`: Debian's crun and runc with their shared libraries, to lie over a root: initramfs archives may be
 * joined end to end. For benchmarks only, so it is in the cache and not in public/machine.
 */
export const benchTools: Step = {
  name: 'root-bench-tools',
  inputs: async () => ({
    ...versionsOf(await guestPackages.resolve(packages)),
    gcc: await compilerVersion(),
    'bench tools': await digestSources(checkout, [
      'images/build/bench-tools.ts',
      'images/build/shared-libraries.ts',
    ]),
  }),
  async build(job) {
    for (const found of await guestPackages.resolve(packages)) {
      job.progress(found.name);
      await guestPackages.unpack(found, job.scratch, job.signal);
    }
    const entries: CpioEntry[] = [];
    const libraries = await sharedLibraries(job.scratch, programs);
    for (const program of programs) {
      entries.push(await executable(`usr/bin/${basename(program)}`, join(job.scratch, program)));
    }
    for (const [name, path] of libraries) {
      // A file takes the place of the root's own link, which leads to the linker in the share; a link would not.
      entries.push(await executable(`lib/${name === dynamicLinker ? '' : 'i386-linux-gnu/'}${name}`, path));
    }
    await writeFile(join(job.out, 'root.cpio'), writeCpio(mergeTrees(entries)));
  },
};
