import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { checkout } from './checkout';
import { run } from './command';
import { lostSettings } from './kconfig';
import { sourcePackages, versionsOf } from './archives';
import { digestSources } from './digest';
import { loadAddress, loadElf32, writeFlatKernel } from './flat-kernel';
import { compilerVersion, crossPrefix } from './toolchain';
import type { Step } from './step';

const source = 'linux-source-6.12';
const fragment = 'images/kernel/machine.config';

/** Lines that make prints for a whole build with our configuration: only for telling how far it is. */
const expectedLines = 1500;

/** `kernel.bin`, a bzImage without a decompressor (docs/adr/0002), and `config`. */
export const kernel: Step = {
  name: 'kernel',
  async inputs() {
    return {
      ...versionsOf(await sourcePackages.resolve([source])),
      gcc: await compilerVersion(),
      'machine.config': await digestSources(checkout, [fragment]),
      'kernel.ts': await digestSources(checkout, ['images/build/kernel.ts', 'images/build/flat-kernel.ts']),
    };
  },
  async build(job) {
    const [tarball] = await sourcePackages.resolve([source]);
    if (!tarball) throw new Error(`no ${source}`);
    job.progress('unpacking the source');
    await sourcePackages.unpack(tarball, join(job.scratch, 'package'), job.signal);
    await run(['tar', 'xf', join(job.scratch, `package/usr/src/${source}.tar.xz`), '-C', job.scratch], {
      signal: job.signal,
    });
    const tree = join(job.scratch, source);
    const make = (targets: string[], onLine?: (line: string) => void) =>
      run(['make', 'ARCH=i386', `CROSS_COMPILE=${crossPrefix}`, `-j${availableParallelism()}`, ...targets], {
        cwd: tree,
        signal: job.signal,
        env: {
          KBUILD_BUILD_TIMESTAMP: '1970-01-01',
          KBUILD_BUILD_USER: 'twinhull',
          KBUILD_BUILD_HOST: 'twinhull',
        },
        ...(onLine && { onLine }),
      });

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
    const loaded = loadElf32(await readFile(join(tree, 'vmlinux')));
    if (loaded.start !== loadAddress) {
      throw new Error(`vmlinux starts at 0x${loaded.start.toString(16)}, not where it is loaded`);
    }
    const bzImage = await readFile(join(tree, 'arch/x86/boot/bzImage'));
    await writeFile(join(job.out, 'kernel.bin'), writeFlatKernel(bzImage, loaded.image, loaded.memoryBytes));
    await writeFile(join(job.out, 'config'), config);
  },
};
