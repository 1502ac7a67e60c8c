#ifndef MOUNTS_H
#define MOUNTS_H

/*
 * Makes the initramfs a mount that pivot_root(2) accepts: rootfs itself has no parent, which pivot_root refuses.
 * Nothing is copied: / is bound to a directory, that mount is moved over /, and init changes its root into it.
 */
int mounts_raise_root(void);

/* /proc, /sys, /dev, /dev/pts, /dev/shm, /run, /sys/fs/cgroup with every controller handed down; hullrun read-only. */
int mounts_all(void);

/* /usr/share/twinhull: files that the machine fetches when somebody reads them (docs/adr/0060). No such device: nothing. */
int mounts_share(void);

#endif
