import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { sourcePackages, versionsOf } from './archives';
import { checkout } from './checkout';
import { run } from './command';
import { digestSources } from './digest';
import { lostSettings } from './kconfig';
import type { Job, Step } from './step';
import { compilerVersion, crossPrefix } from './toolchain';

const source = 'linux-source-6.12';
const fragment = 'images/kernel/machine.config';
const patches = 'images/kernel/patches';

/** Lines that make prints for a whole build with our configuration: only for telling how far it is. */
const expectedLines = 1500;

/** `vmlinux`, `bzImage`, `System.map` and `config`, as `make` leaves them. */
export const linux: Step = {
  name: 'linux',
  inputs: async () => ({
    ...versionsOf(await sourcePackages.resolve([source])),
    gcc: await compilerVersion(),
    'kernel configuration': await digestSources(checkout, [fragment, patches, 'images/build/linux.ts']),
  }),
  async build(job) {
    const tree = await unpackSource(job);
    const make = makeIn(tree, job.signal);
    await make(['tinyconfig']);
    const wanted = await readFile(join(checkout, fragment), 'utf8');
    await writeFile(join(tree, '.config'), wanted, { flag: 'a' });
    await make(['olddefconfig']);
    const config = await readFile(join(tree, '.config'), 'utf8');
    const lost = lostSettings(wanted, config);
    if (lost.length > 0) throw new Error(`${fragment}: Kconfig did not keep ${lost.join(', ')}`);

    let lines = 0;
    await make(['bzImage'], () => {
      lines++;
      job.progress(`compiling, about ${Math.min(99, Math.round((lines / expectedLines) * 100))} %`);
    });
    for (const file of ['vmlinux', 'System.map', 'arch/x86/boot/bzImage']) {
      await copyFile(join(tree, file), join(job.out, file.replace(/.*\//, '')));
    }
    await writeFile(join(job.out, 'config'), config);
  },
};

async function unpackSource(job: Job): Promise<string> {
  const [found] = await sourcePackages.resolve([source]);
  if (!found) throw new Error(`no ${source}`);
  job.progress('downloading and unpacking the source');
  await sourcePackages.unpack(found, join(job.scratch, 'package'), job.signal);
  const tarball = join(job.scratch, `package/usr/src/${source}.tar.xz`);
  await run(['tar', 'xf', tarball, '-C', job.scratch], { signal: job.signal });
  const tree = join(job.scratch, source);
  for (const patch of (await readdir(join(checkout, patches))).sort()) {
    await run(['patch', '-p1', '--forward', '-i', join(checkout, patches, patch)], { cwd: tree });
  }
  return tree;
}

type Make = (targets: readonly string[], onLine?: (line: string) => void) => Promise<string>;

/** Without the date, user and host of this build, which would be in the kernel otherwise. */
function makeIn(tree: string, signal: AbortSignal): Make {
  const argv = ['make', 'ARCH=i386', `CROSS_COMPILE=${crossPrefix}`, `-j${availableParallelism()}`] as const;
  const env = {
    KBUILD_BUILD_TIMESTAMP: '1970-01-01',
    KBUILD_BUILD_USER: 'twinhull',
    KBUILD_BUILD_HOST: 'twinhull',
  };
  return (targets, onLine) =>
    run([...argv, ...targets], { cwd: tree, signal, env, ...(onLine && { onLine }) });
}
