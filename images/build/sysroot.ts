import { guestPackages, versionsOf } from './archives';
import type { Step } from './step';

/** Libraries that guest programs are linked with, statically, musl, and the kernel's headers. */
const libraries = ['libcap-dev', 'libseccomp-dev', 'libyajl-dev', 'linux-libc-dev', 'musl-dev'];

/** Headers and static libraries for i386: `usr/include`, `usr/lib/i386-linux-gnu`. */
export const sysroot: Step = {
  name: 'sysroot',
  inputs: async () => versionsOf(await guestPackages.resolve(libraries)),
  async build(job) {
    for (const library of await guestPackages.resolve(libraries)) {
      job.progress(library.name);
      await guestPackages.unpack(library, job.out, job.signal);
    }
  },
};
