import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkout } from './checkout';
import { run } from './command';
import { digestSources } from './digest';
import { muslSpecs } from './musl';
import type { Step } from './step';
import { sysroot } from './sysroot';
import { compilerVersion, crossPrefix } from './toolchain';

/** glibc for what is linked with Debian's libraries, which are compiled against it. */
type LibC = 'musl' | 'glibc';

/**
 * The guest programs of one folder: `make install` there, static, for i686. The output is a tree that lies over the
 * root. images/README.md says what such a Makefile looks like.
 * @param folder in the checkout: `images/init`
 */
function program(folder: string, libc: LibC): Step {
  return {
    name: `program-${folder.replace(/^images\//, '').replaceAll('/', '-')}`,
    needs: [sysroot],
    inputs: async () => ({
      gcc: await compilerVersion(),
      [folder]: await digestSources(checkout, [folder]),
      'programs.ts': await digestSources(checkout, ['images/build/programs.ts', 'images/build/musl.ts']),
    }),
    async build(job) {
      const path = join(checkout, folder);
      const libraries = job.outputOf(sysroot);
      const specs = join(job.scratch, 'musl.specs');
      await writeFile(specs, await muslSpecs(libraries));
      // -ffile-prefix-map keeps this computer's paths out of the program, so that it comes out the same everywhere.
      const given = [
        `CC=${crossPrefix}gcc${libc === 'musl' ? ` -specs=${specs}` : ''}`,
        `AR=${crossPrefix}ar`,
        `CFLAGS=-O2 -fno-pie -ffile-prefix-map=${path}=. -ffile-prefix-map=${job.scratch}=build`,
        'LDFLAGS=-static -no-pie -s -Wl,--build-id=none',
        `SYSROOT=${libraries}`,
        `BUILD=${join(job.scratch, 'build')}`,
        `DESTDIR=${job.out}`,
      ];
      await run(['make', '-C', path, '-j2', 'install', ...given], { signal: job.signal });
    },
  };
}

export const init = program('images/init', 'musl');
export const bareMetal = program('images/bare-metal', 'glibc');
export const hullweb = program('images/containers/web', 'musl');
export const hello = program('images/containers/hello-world', 'musl');
export const pageCounter = program('images/containers/page-counter', 'musl');
export const runtime = program('images/runtime', 'glibc');
export const shim = program('images/engine/shim', 'musl');
export const containerInit = program('images/engine/docker-init', 'musl');
export const tap = program('images/tap', 'musl');
/** In the share: nobody downloads it before a network is looked at. */
export const links = program('images/links', 'musl');
/** For benchmarks only, so it is in the cache and not in public/machine. */
export const traffic = program('images/traffic', 'musl');
