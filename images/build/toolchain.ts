import { run } from './command';
import { installDebianPackages } from './debian-packages';

/** Debian's cross compiler for i686; it comes with a static C library and the kernel's headers. */
export const crossPrefix = 'i686-linux-gnu-';

const packages = [
  'gcc-i686-linux-gnu',
  'libc6-dev-i386-cross',
  'gcc',
  'libc6-dev',
  'make',
  'flex',
  'bison',
  'bc',
  'patch',
  'xz-utils',
  'perl',
];

let version: Promise<string> | undefined;

/** Installs what is missing of the compiler and its company. */
export function compilerVersion(): Promise<string> {
  version ??= installDebianPackages(packages, 'The guest images').then(async () => {
    const banner = await run([`${crossPrefix}gcc`, '--version']);
    return banner.split('\n')[0] ?? '';
  });
  return version;
}
