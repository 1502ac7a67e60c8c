import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { sourcePackages, versionsOf } from './archives';
import { checkout } from './checkout';
import { run } from './command';
import { digestSources } from './digest';
import { lostSettings } from './kconfig';
import { kernel } from './kernel';
import type { Step } from './step';
import { compilerVersion, crossPrefix } from './toolchain';

const source = 'linux-source-6.1';
const fragments = ['images/kernel/machine.config', 'images/kernel/older.config'];
/** Not the one for superframes in VXLAN, which is for another virtio_net: this kernel cuts them in software. */
const patches = [
  '0001-cpuset-without-smp.patch',
  '0002-pit-wide-count.patch',
  '0004-superframes-on-slow-processors.patch',
].map((name) => `images/kernel/patches/${name}`);

/** Lines that make prints for a whole build: only for telling how far it is. */
const expectedLines = 1400;

/** The kernel of Debian 12 instead of the newest one, configured alike (docs/adr/0145). `vmlinux`, `bzImage` and `config`. */
const olderLinux: Step = {
  name: 'linux-6.1',
  inputs: async () => ({
    ...versionsOf(await sourcePackages.resolve([source])),
    gcc: await compilerVersion(),
    'kernel configuration': await digestSources(checkout, [
      ...fragments,
      ...patches,
      'images/build/older-kernel.ts',
    ]),
  }),
  async build({ scratch, signal, out, progress }) {
    const [found] = await sourcePackages.resolve([source]);
    if (!found) throw new Error(`no ${source}`);
    progress('downloading and unpacking the source');
    await sourcePackages.unpack(found, join(scratch, 'package'), signal);
    await run(['tar', 'xf', join(scratch, `package/usr/src/${source}.tar.xz`), '-C', scratch], { signal });
    const tree = join(scratch, source);
    for (const patch of patches)
      await run(['patch', '-p1', '--forward', '-i', join(checkout, patch)], { cwd: tree });

    const make = makeIn(tree, signal);
    await make(['tinyconfig']);
    const texts = await Promise.all(fragments.map((file) => readFile(join(checkout, file), 'utf8')));
    const wanted = texts.join('\n');
    await writeFile(join(tree, '.config'), wanted, { flag: 'a' });
    await make(['olddefconfig']);
    const config = await readFile(join(tree, '.config'), 'utf8');
    const lost = lostSettings(wanted, config);
    if (lost.length > 0) throw new Error(`${fragments.join(', ')}: Kconfig did not keep ${lost.join(', ')}`);

    let lines = 0;
    await make(['bzImage'], () => {
      lines++;
      progress(`compiling, about ${Math.min(99, Math.round((lines / expectedLines) * 100))} %`);
    });
    for (const file of ['vmlinux', 'arch/x86/boot/bzImage'])
      await copyFile(join(tree, file), join(out, file.replace(/.*\//, '')));
    await writeFile(join(out, 'config'), config);
  },
};

/** `kernel.bin`, made as the other one is. */
export const olderKernel: Step = {
  ...kernel,
  name: 'kernel-6.1',
  needs: [olderLinux],
  build: (job) => kernel.build({ ...job, outputOf: () => job.outputOf(olderLinux) }),
};

/** Without the date, user and host of this build, which would be in the kernel otherwise. */
function makeIn(tree: string, signal: AbortSignal) {
  const argv = ['make', 'ARCH=i386', `CROSS_COMPILE=${crossPrefix}`, `-j${availableParallelism()}`] as const;
  const env = {
    KBUILD_BUILD_TIMESTAMP: '1970-01-01',
    KBUILD_BUILD_USER: 'twinhull',
    KBUILD_BUILD_HOST: 'twinhull',
  };
  return (targets: readonly string[], onLine?: (line: string) => void) =>
    run([...argv, ...targets], { cwd: tree, signal, env, ...(onLine && { onLine }) });
}
