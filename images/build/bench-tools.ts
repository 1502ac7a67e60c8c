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

/** What the runtimes are linked with. */
const libraries = [
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

/**
 * `root.cpio`: Debian's runtimes with their shared libraries, to lie over a root: initramfs archives may be joined end
 * to end. For benchmarks and tests only, so it is in the cache and not in public/machine.
 */
function runtimes(name: string, programs: Readonly<Record<string, string>>): Step {
  const packages = [...Object.keys(programs), ...libraries];
  const paths = Object.values(programs);
  return {
    name,
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
      const linked = await sharedLibraries(job.scratch, paths);
      for (const path of paths) {
        entries.push(await executable(`usr/bin/${basename(path)}`, join(job.scratch, path)));
      }
      for (const [library, path] of linked) {
        // A file takes the place of the root's own link, which leads to the linker in the share; a link would not.
        const folder = library === dynamicLinker ? '' : 'i386-linux-gnu/';
        entries.push(await executable(`lib/${folder}${library}`, path));
      }
      await writeFile(join(job.out, 'root.cpio'), writeCpio(mergeTrees(entries)));
    },
  };
}

/** The runtimes that `hullrun` is measured against. */
export const benchTools = runtimes('root-bench-tools', { crun: 'usr/bin/crun', runc: 'usr/sbin/runc' });

/** A runtime that is not ours, for tests of the engine. */
export const otherRuntime = runtimes('root-crun', { crun: 'usr/bin/crun' });
