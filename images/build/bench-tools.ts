import { readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { guestPackages, versionsOf } from './archives';
import { run } from './command';
import { type CpioEntry, writeCpio } from './cpio';
import { compilerVersion, crossPrefix } from './toolchain';
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
const libraryFolders = ['lib/i386-linux-gnu', 'usr/lib/i386-linux-gnu', 'lib', 'usr/lib'];

/**
 * `root.cpio`: Debian's crun and runc with their shared libraries, to lie over a root: initramfs archives may be
 * joined end to end. For benchmarks only, so it is in the cache and not in public/machine.
 */
export const benchTools: Step = {
  name: 'root-bench-tools',
  inputs: async () => ({
    ...versionsOf(await guestPackages.resolve(packages)),
    gcc: await compilerVersion(),
  }),
  async build(job) {
    for (const found of await guestPackages.resolve(packages)) {
      job.progress(found.name);
      await guestPackages.unpack(found, job.scratch, job.signal);
    }
    const entries: CpioEntry[] = [
      { path: 'lib/ld-linux.so.2', mode: 0o777, type: 'symlink', target: 'i386-linux-gnu/ld-linux.so.2' },
    ];
    const libraries = new Map<string, string>();
    const pending = programs.map((program) => join(job.scratch, program));
    for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
      for (const name of await neededBy(file)) {
        if (libraries.has(name)) continue;
        const path = await findLibrary(job.scratch, name);
        libraries.set(name, path);
        pending.push(path);
      }
    }
    libraries.set('ld-linux.so.2', await findLibrary(job.scratch, 'ld-linux.so.2'));
    for (const program of programs) {
      entries.push(await executable(`usr/bin/${basename(program)}`, join(job.scratch, program)));
    }
    for (const [name, path] of libraries) entries.push(await executable(`lib/i386-linux-gnu/${name}`, path));
    await writeFile(join(job.out, 'root.cpio'), writeCpio(mergeTrees(entries)));
  },
};

async function executable(path: string, from: string): Promise<CpioEntry> {
  return { path, mode: 0o755, type: 'file', data: await readFile(from) };
}

/** Names of the shared libraries that a program or library is linked with. */
async function neededBy(file: string): Promise<string[]> {
  const dynamic = await run([`${crossPrefix}readelf`, '-d', file]);
  return [...dynamic.matchAll(/\(NEEDED\).*\[(.+)\]/g)].flatMap((match) => match[1] ?? []);
}

async function findLibrary(root: string, name: string): Promise<string> {
  for (const folder of libraryFolders) {
    const path = join(root, folder, name);
    if ((await readdir(join(root, folder)).catch((): string[] => [])).includes(name)) {
      // Links are absolute now and then, and lead out of the unpacked tree.
      const target = await readlink(path).catch(() => undefined);
      return target === undefined ? path : join(root, folder, basename(target));
    }
  }
  throw new Error(`no package of ${packages.join(', ')} has ${name}`);
}
