import { defineProbe, required } from './probe';
import { count, integer, lines, list, mebibytes } from './words';

export interface Mount {
  point: string;
  type: string;
  source: string;
  readOnly: boolean;
}

/** `/proc/self/mountinfo`, see proc_pid_mountinfo(5). */
export function parseMounts(output: string): Mount[] {
  const mounts = lines(output).map((line) => {
    const [mounted, filesystem] = line.split(' - ');
    const [, , , , point, options] = mounted?.split(' ') ?? [];
    const [type, source, superOptions] = filesystem?.split(' ') ?? [];
    if (!point || !options || !type)
      throw new Error(`Not a line of mountinfo: ${JSON.stringify(line.slice(0, 80))}.`);
    return {
      point: unescapePath(point),
      type,
      source: unescapePath(source ?? ''),
      readOnly: [options, superOptions ?? ''].some((list) => list.split(',').includes('ro')),
    };
  });
  if (mounts.length === 0) throw new Error('/proc/self/mountinfo is empty.');
  return mounts;
}

/** Space, tab, newline and backslash stand there as octal escapes. */
function unescapePath(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}

export const mountsProbe = defineProbe<Mount[]>({
  id: 'mounts',
  group: 'isolation',
  question: 'What is mounted in it?',
  files: ['/proc/self/mountinfo'],
  parse: (answer) => parseMounts(required(answer, '/proc/self/mountinfo')),
  show: (mounts) => [
    count(mounts.length, 'mount'),
    ...mounts.map(({ point, type, readOnly }) => `${point} ${type}${readOnly ? ', read-only' : ''}`),
  ],
  explain({ container, machine }) {
    const shielded = container.filter(({ point, readOnly }) => point.startsWith('/proc/') && readOnly);
    const shields =
      shielded.length > 0
        ? `, ${shielded.length} of them read-only covers over parts of /proc that reach its host’s kernel`
        : '';
    const machineShields = machine.some(({ point, readOnly }) => point.startsWith('/proc/') && readOnly);
    return `The container’s mount namespace holds ${count(container.length, 'mount')}${shields}; the machine’s kernel holds ${count(machine.length, 'mount')}${machineShields ? '' : ' and covers nothing in /proc'}.`;
  },
});

export interface RootFileSystem {
  type: string;
  source: string;
  totalBytes: number;
  freeBytes: number;
  entries: string[];
}

/** The text of mountinfo; a line of `stat -f` and the names in `/`. */
export function parseRoot(mountinfo: string, output: string): RootFileSystem {
  const [sizes, ...entries] = lines(output);
  // Mounts can be stacked on `/`; the last one is what is seen.
  const mount = parseMounts(mountinfo).findLast(({ point }) => point === '/');
  const [blockSize, blocks, free] = (sizes ?? '').split(' ');
  const size = integer(blockSize, 'a block size');
  return {
    type: mount?.type ?? '',
    source: mount?.source ?? '',
    totalBytes: size * integer(blocks, 'a count of blocks'),
    freeBytes: size * integer(free, 'a count of blocks'),
    entries,
  };
}

export const rootProbe = defineProbe<RootFileSystem>({
  id: 'root',
  group: 'isolation',
  question: 'What is its root file system?',
  files: ['/proc/self/mountinfo'],
  script: `
stat -fc '%S %b %a' /
ls /`,
  parse: (answer) => parseRoot(required(answer, '/proc/self/mountinfo'), answer.output),
  show: (root) => [
    `${root.type} (${root.source})`,
    root.totalBytes > 0
      ? `${mebibytes(root.totalBytes)}, free ${mebibytes(root.freeBytes)}`
      : 'without a size of its own',
    root.entries.join(' '),
  ],
  same: (one, other) => one.type === other.type && one.entries.join() === other.entries.join(),
  explain({ container, machine, host }) {
    const pool =
      host !== undefined && host.totalBytes > 0 && container.totalBytes === host.totalBytes
        ? 'The container’s root is a directory on its host’s file system, of the same size and free space'
        : `The container’s root is a ${container.type} of its own`;
    const onlyMachine = machine.entries.filter((entry) => !container.entries.includes(entry));
    return onlyMachine.length > 0
      ? `${pool}, without ${list(onlyMachine.slice(0, 3))}; the machine’s root came with its kernel.`
      : `${pool}; the machine’s root came with its kernel.`;
  },
});

export const devicesProbe = defineProbe<string[]>({
  id: 'devices',
  group: 'isolation',
  question: 'Which devices does it have?',
  script: 'ls /dev',
  parse: ({ output }) => lines(output),
  show: (names) => [count(names.length, 'name'), names.join(' ')],
  explain({ container, machine }) {
    const missing = machine.filter((name) => !container.includes(name));
    if (missing.length === 0) return 'The container’s /dev has every name that the machine’s has.';
    const examples = list(missing.slice(0, 3));
    return `The container’s /dev was filled by the runtime, without ${examples}${missing.length > 3 ? ` and ${missing.length - 3} more` : ''}; the machine’s kernel lists every device that it drives.`;
  },
});
