import type { MachineProfile } from '../machine/machine';

const MiB = 1024 * 1024;

/**
 * What every Linux is told.
 * - `tsc_early_khz`: v86's time stamp counter runs at 1 GHz, which the kernel cannot find out from v86's timer chip.
 * - `tsc=reliable`: without it the kernel checks the counter against that chip, whose clock is coarser, and drops it.
 * - `lpj`: loops per jiffy, for busy waits; measuring it would take a tenth of a second of every boot.
 */
const common = 'console=ttyS0 tsc_early_khz=1000000 tsc=reliable lpj=10000000';

/** The learner's computer: a shell on the console, the agent, the runtime and its bundles. */
export const host = {
  name: 'host',
  memoryBytes: 128 * MiB,
  boot: {
    type: 'kernel',
    kernel: 'kernel',
    root: 'root-host',
    commandLine: `${common} twinhull.profile=host`,
  },
  console: 'serial',
  share: 'share',
  ready: { type: 'agent' },
} satisfies MachineProfile;

/**
 * The same root and the same images on the kernel of Debian 12, always booted. Its kernel takes minutes to build and is an artifact
 * only once `npm run images -- --all` has been asked for it (docs/adr/0145).
 */
export const olderHost = {
  ...host,
  name: 'host-6.1',
  boot: { ...host.boot, kernel: 'kernel-6.1' },
} satisfies MachineProfile;

/** Name of the artifact that holds a host that is up: pages that need one start from it. */
export const hostSnapshot = 'snapshot-host';

/**
 * A machine that boots straight into the web service.
 * v86 puts the root at 64 MiB and SeaBIOS keeps the last 16 MiB, so a machine has at least 80 MiB and room for its root.
 */
export const web = {
  name: 'web',
  memoryBytes: 96 * MiB,
  boot: {
    type: 'kernel',
    kernel: 'kernel',
    root: 'root-web',
    commandLine: `${common} twinhull.profile=web`,
  },
  console: 'serial',
  ready: { type: 'service', name: 'web' },
} satisfies MachineProfile;

/** Not Linux, and no operating system at all: a boot sector that counts timer interrupts. images/bare-metal */
export const bareMetal = {
  name: 'bare-metal',
  memoryBytes: 16 * MiB,
  boot: { type: 'floppy', image: 'bare-metal' },
  console: 'screen',
  ready: { type: 'screen', text: 'Timer interrupts: ' },
} satisfies MachineProfile;

/** A program that has a machine for itself, and says what memory it finds there. https://memtest.org */
export const memoryTest = {
  name: 'memtest',
  memoryBytes: 32 * MiB,
  boot: { type: 'kernel', kernel: 'memtest', commandLine: '' },
  console: 'screen',
  ready: { type: 'screen', text: 'Memtest86+' },
} satisfies MachineProfile;

export const profiles: readonly MachineProfile[] = [host, web, olderHost, bareMetal, memoryTest];
