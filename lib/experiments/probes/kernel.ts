import { defineProbe, required } from './probe';
import { integer, seconds } from './words';

export interface Kernel {
  release: string;
  build: string;
  architecture: string;
  /** Drawn by the kernel once in its life; what it reports tells running kernels apart. */
  bootId: string;
}

const kernelFiles = ['osrelease', 'version', 'arch', 'random/boot_id'].map(
  (name) => `/proc/sys/kernel/${name}`,
);

export const kernelProbe = defineProbe<Kernel>({
  id: 'kernel',
  group: 'isolation',
  question: 'Which kernel runs it?',
  files: kernelFiles,
  parse(answer) {
    const [release = '', build = '', architecture = '', bootId = ''] = kernelFiles.map((path) =>
      required(answer, path),
    );
    return { release, build, architecture, bootId };
  },
  show: (kernel) => [
    `Linux ${kernel.release}`,
    kernel.build,
    kernel.architecture,
    `boot ID ${kernel.bootId.slice(0, 8)}…`,
  ],
  same: (one, other) => one.bootId === other.bootId && one.release === other.release,
  explain({ container, machine, host }) {
    const build = container.release === machine.release ? 'of the same build' : 'of another version';
    if (host === undefined)
      return `The machine reports a kernel ${build}; the container’s host did not answer.`;
    if (container.bootId !== host.bootId) {
      return 'The container reports another boot ID than its host, which a shared kernel would not do.';
    }
    if (machine.bootId === container.bootId) {
      return `The container answers with its host’s kernel; the machine’s, ${build}, even gives the same boot ID, as copies restored from one snapshot do.`;
    }
    return `The container answers with its host’s running kernel, by its boot ID; the machine booted a kernel of its own, ${build}.`;
  },
});

export const commandLineProbe = defineProbe<string>({
  id: 'command-line',
  group: 'isolation',
  question: 'What was its kernel told at boot?',
  files: ['/proc/cmdline'],
  parse: (answer) => required(answer, '/proc/cmdline').trim(),
  show: (commandLine) => [commandLine],
  explain({ container, machine, host }) {
    const owner =
      container === host
        ? 'The container reads its host’s kernel command line, for it has no kernel to give another one'
        : 'The container reads a kernel command line';
    return container === machine
      ? `${owner}; the machine’s own kernel was started with the same words.`
      : `${owner}; the machine’s kernel was started with its own.`;
  },
});

export interface Uptime {
  kernelSeconds: number;
  firstProcessSeconds: number;
  /** Its first process is the one that the kernel itself started: the kernel's own thread is number 2. */
  booted: boolean;
}

/** The texts of `/proc/uptime` and `/proc/1/stat` (times in USER_HZ, 100 on every x86), and of `/proc/2/comm` if any. */
export function parseUptime(uptime: string, stat: string, second: string | undefined): Uptime {
  const kernelSeconds = Number(uptime.split(' ')[0]);
  if (uptime === '' || !Number.isFinite(kernelSeconds)) throw new Error('Expected /proc/uptime.');
  // The second field is a name in parentheses that may hold anything; starttime is the 20th after it.
  const startTicks = integer(
    stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19],
    'starttime in /proc/1/stat',
  );
  return {
    kernelSeconds,
    firstProcessSeconds: Math.max(0, kernelSeconds - startTicks / 100),
    booted: second === 'kthreadd',
  };
}

export const uptimeProbe = defineProbe<Uptime>({
  id: 'uptime',
  group: 'boot',
  question: 'How long have its kernel and its first process been up?',
  files: ['/proc/uptime', '/proc/1/stat', '/proc/2/comm'],
  volatile: true,
  parse: (answer) =>
    parseUptime(
      required(answer, '/proc/uptime'),
      required(answer, '/proc/1/stat'),
      answer.file('/proc/2/comm'),
    ),
  show: (uptime) => [
    `kernel ${seconds(uptime.kernelSeconds)}`,
    `PID 1 ${seconds(uptime.firstProcessSeconds)}`,
  ],
  // The times themselves always differ; how they came about is what a container and a machine differ in.
  same: (one, other) => one.booted === other.booted,
  explain: ({ container, machine }) =>
    `${beginning('container', container)}; ${beginning('machine', machine)}.`.replace(/^the/, 'The'),
});

function beginning(name: string, uptime: Uptime): string {
  const later = seconds(uptime.kernelSeconds - uptime.firstProcessSeconds);
  return uptime.booted
    ? `the ${name}’s first process was started by its kernel as it booted`
    : `the ${name}’s first process began when the kernel below it had been up for ${later}`;
}
