import { chmod, copyFile, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Step } from './step';
import { guestPackages, versionsOf } from './archives';

/**
 * The commands that get a name of their own. Each costs some ten thousand instructions of every boot, so the list is
 * what people type; `busybox --list` has the rest.
 */
const applets = (
  '[ ar arp arping ash awk base64 basename bunzip2 bzcat cat chgrp chmod chown chroot clear cmp cp cut date dd df ' +
  'diff dirname dmesg du echo ed egrep env expr false fgrep find fold free getopt grep groups gunzip gzip halt head ' +
  'hexdump hostname id ifconfig ip kill killall less ln ls md5sum mkdir mkfifo mknod mktemp more mount mv nc netstat ' +
  'nproc nslookup od pidof ping pivot_root poweroff printf ps pwd readlink realpath reboot renice reset rm rmdir route ' +
  'sed seq setsid sh sha256sum sleep sort stat stty su switch_root sync sysctl tail tar tee telnet test time timeout top ' +
  'touch tr traceroute true tty udhcpc umount uname uniq unshare uptime vi watch wc wget which who whoami xargs yes zcat'
).split(' ');

/** Debian's static busybox at /bin/busybox, and links to it. */
export const busybox: Step = {
  name: 'busybox',
  inputs: async () => ({
    ...versionsOf(await guestPackages.resolve(['busybox-static'])),
    applets: applets.join(' '),
  }),
  async build(job) {
    const [debian] = await guestPackages.resolve(['busybox-static']);
    if (!debian) throw new Error('no busybox-static');
    await guestPackages.unpack(debian, job.scratch, job.signal);
    await mkdir(join(job.out, 'bin'));
    await copyFile(join(job.scratch, 'bin/busybox'), join(job.out, 'bin/busybox'));
    await chmod(join(job.out, 'bin/busybox'), 0o755);
    for (const applet of applets) await symlink('busybox', join(job.out, 'bin', applet));
  },
};
