import { defineProbe } from './probe';
import { count, integer, lines, list } from './words';

export type Namespaces = ReadonlyMap<string, number>;

/** Lines of `stat`: `INODE /proc/self/ns/NAME`. */
export function parseNamespaces(output: string): Namespaces {
  const namespaces = new Map<string, number>();
  for (const line of lines(output)) {
    const match = /^(\d+) \/proc\/self\/ns\/([a-z]+)$/.exec(line);
    if (!match) throw new Error(`Not a line about a namespace: ${JSON.stringify(line.slice(0, 80))}.`);
    namespaces.set(match[2] ?? '', integer(match[1], 'an inode'));
  }
  if (namespaces.size === 0) throw new Error('/proc/self/ns is empty.');
  return namespaces;
}

function shared(one: Namespaces, other: Namespaces): string[] {
  return [...one.keys()].filter((name) => one.get(name) === other.get(name));
}

export const namespacesProbe = defineProbe<Namespaces>({
  id: 'namespaces',
  group: 'isolation',
  question: 'Which namespaces is it in?',
  // time and time_for_children never differ for a process that does not unshare; the latter say nothing of it.
  script: `stat -Lc '%i %n' /proc/self/ns/cgroup /proc/self/ns/ipc /proc/self/ns/mnt /proc/self/ns/net /proc/self/ns/pid /proc/self/ns/time /proc/self/ns/user /proc/self/ns/uts 2>/dev/null`,
  parse: ({ output }) => parseNamespaces(output),
  show: (namespaces) => [...namespaces].map(([name, inode]) => `${name} ${inode}`),
  explain({ container, machine, host }) {
    // Namespaces that a kernel is born with carry fixed numbers, so equal numbers mean one thing within one kernel only.
    const ofMachine =
      host !== undefined && shared(machine, host).length > 0
        ? `the machine shows its kernel’s first ones, whose numbers are alike in every Linux (${shared(machine, host).length} equal the host’s) though they are not shared`
        : 'the machine’s belong to another kernel, so equal numbers would not mean shared ones';
    if (host === undefined) return `The container is in ${count(container.size, 'namespace')}; ${ofMachine}.`;
    const common = shared(container, host);
    const own = container.size - common.length;
    const sharing = common.length === 0 ? 'none' : list(common);
    return `The container has ${own} namespaces of its own and shares ${sharing} with its host; ${ofMachine}.`;
  },
});
