import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { checkout } from './checkout';
import { run } from './command';
import { digestSources } from './digest';
import type { Step } from './step';
import { sysroot } from './sysroot';
import { compilerVersion, crossPrefix } from './toolchain';

/**
 * What make gets. `-ffile-prefix-map` keeps this computer's paths out of the program, so that it comes out the same
 * everywhere; 686 because that is the oldest processor our kernel runs on.
 */
function variables(folder: string, scratch: string, out: string, libraries: string): string[] {
  return [
    `CC=${crossPrefix}gcc`,
    `AR=${crossPrefix}ar`,
    `CFLAGS=-O2 -march=i686 -ffile-prefix-map=${folder}=. -ffile-prefix-map=${scratch}=build`,
    'LDFLAGS=-static -s -Wl,--build-id=none',
    `SYSROOT=${libraries}`,
    `BUILD=${scratch}`,
    `DESTDIR=${out}`,
  ];
}

/**
 * The guest programs of one folder: `make install` there, static, for the guest. The output is a tree that lies over
 * the root. images/README.md says what such a Makefile looks like.
 * @param folder in the checkout: `images/init`
 */
export function program(folder: string): Step {
  const name = folder.replace(/^images\//, '').replaceAll('/', '-');
  return {
    name: `program-${name}`,
    needs: [sysroot],
    inputs: async () => ({
      gcc: await compilerVersion(),
      [folder]: await digestSources(checkout, [folder]),
    }),
    async build(job) {
      const path = join(checkout, folder);
      await access(join(path, 'Makefile'));
      const given = variables(path, job.scratch, job.out, job.outputOf(sysroot));
      await run(['make', '-C', path, '-j2', 'install', ...given], { signal: job.signal });
    },
  };
}

export const init = program('images/init');
export const hullweb = program('images/containers/web');
export const runtime = program('images/runtime');
