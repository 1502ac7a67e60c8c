import { chmod, copyFile, mkdir, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { guestPackages, versionsOf } from './archives';
import { checkout } from './checkout';
import { digestSources } from './digest';
import { dynamicLinker, sharedLibraries } from './shared-libraries';
import type { Step } from './step';
import { compilerVersion } from './toolchain';

/** Whose programs these are, and what they are linked with. */
const packages = [
  'iproute2',
  'nftables',
  'strace',
  'tcpdump',
  'libbpf1',
  'libbsd0',
  'libc6',
  'libcap2',
  'libdbus-1-3',
  'libedit2',
  'libelf1',
  'libgcrypt20',
  'libgmp10',
  'libgpg-error0',
  'libgssapi-krb5-2',
  'libcom-err2',
  'libjansson4',
  'libk5crypto3',
  'libkeyutils1',
  'libkrb5-3',
  'libkrb5support0',
  'liblz4-1',
  'liblzma5',
  'libmd0',
  'libmnl0',
  'libnftables1',
  'libnftnl11',
  'libpcap0.8',
  'libpcre2-8-0',
  'libselinux1',
  'libssl3',
  'libsystemd0',
  'libtinfo6',
  'libtirpc3',
  'libxtables12',
  'libzstd1',
  'zlib1g',
];

/** Not `tc`: the kernel has no queueing disciplines. */
const programs = ['usr/bin/strace', 'usr/bin/tcpdump', 'usr/sbin/nft', 'bin/ip', 'bin/ss', 'sbin/bridge'];

/**
 * Debian's tools for looking closely, to be fetched when somebody calls one: `bin` and `lib`. They are as Debian made
 * them; `toolLinks` leads them to their libraries.
 */
export const tools: Step = {
  name: 'tools',
  inputs: async () => ({
    ...versionsOf(await guestPackages.resolve(packages)),
    readelf: await compilerVersion(),
    tools: await digestSources(checkout, ['images/build/tools.ts', 'images/build/shared-libraries.ts']),
  }),
  async build(job) {
    for (const found of await guestPackages.resolve(packages)) {
      job.progress(found.name);
      await guestPackages.unpack(found, job.scratch, job.signal);
    }
    const place = async (from: string, to: string) => {
      const path = join(job.out, to);
      await mkdir(dirname(path), { recursive: true });
      await copyFile(from, path);
      await chmod(path, 0o755);
    };
    for (const program of programs) await place(join(job.scratch, program), `bin/${basename(program)}`);
    for (const [name, path] of await sharedLibraries(job.scratch, programs)) await place(path, `lib/${name}`);
  },
};

const toolsFolder = 'share/twinhull/tools';

/** In the root, where dynamically linked programs look for their linker and it for libraries: links into the share. */
export const toolLinks: Step = {
  name: 'tool-links',
  inputs: async () => ({ 'tool links': await digestSources(checkout, ['images/build/tools.ts']) }),
  async build(job) {
    await mkdir(join(job.out, 'lib'));
    await mkdir(join(job.out, 'usr/lib'), { recursive: true });
    await symlink(`../usr/${toolsFolder}/lib/${dynamicLinker}`, join(job.out, 'lib', dynamicLinker));
    await symlink(`../${toolsFolder}/lib`, join(job.out, 'usr/lib/i386-linux-gnu'));
  },
};
