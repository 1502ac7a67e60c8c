import { defineProbe } from './probe';
import { count, integer, lines, mebibytes } from './words';

/** The process's cgroup as a path below /sys/fs/cgroup, where this side has mounted the hierarchy. */
const cgroupPath = `
read -r membership </proc/self/cgroup
cgroup=/sys/fs/cgroup\${membership#0::}`;

export interface Memory {
  totalBytes: number;
  /** What its control group allows; null without a limit. */
  limitBytes: number | null;
}

/** `MemTotal: N kB` of /proc/meminfo, then memory.max: a number, `max`, or nothing in the root group. */
export function parseMemory(output: string): Memory {
  const [total, limit] = lines(output);
  const kibibytes = /^MemTotal:\s+(\d+) kB$/.exec(total ?? '')?.[1];
  return {
    totalBytes: integer(kibibytes, 'MemTotal') * 1024,
    limitBytes: limit === undefined || limit === 'max' ? null : integer(limit, 'memory.max'),
  };
}

export const memoryProbe = defineProbe<Memory>({
  id: 'memory',
  group: 'isolation',
  question: 'How much memory does it believe it has?',
  script: `
grep MemTotal: /proc/meminfo
${cgroupPath}
cat "$cgroup/memory.max" 2>/dev/null`,
  parse: parseMemory,
  show: ({ totalBytes, limitBytes }) => [
    `${mebibytes(totalBytes)} in /proc/meminfo`,
    limitBytes === null ? 'no limit of its group' : `limit of its group ${mebibytes(limitBytes)}`,
  ],
  explain({ container, machine, host }) {
    const reads =
      host !== undefined && container.totalBytes === host.totalBytes
        ? 'The container reads its host’s whole memory'
        : `The container reads ${mebibytes(container.totalBytes)}`;
    const { limitBytes } = container;
    const limited =
      limitBytes === null
        ? 'and no limit stands in its control group'
        : limitBytes >= container.totalBytes
          ? `and the limit of its control group, ${mebibytes(limitBytes)}, is more than there is`
          : `though its control group stops it at ${mebibytes(limitBytes)}, which /proc/meminfo does not say`;
    return `${reads}, ${limited}; the machine’s kernel has ${mebibytes(machine.totalBytes)} for itself.`;
  },
});

export interface Processor {
  count: number;
  model: string;
  /** Processor time per period as cpu.max puts it; null without a limit. */
  quota: { usedUs: number; periodUs: number } | null;
  /** cpu.weight; null in the root group. */
  weight: number | null;
}

/** `nproc`, the first `model name` of /proc/cpuinfo, cpu.max (`max PERIOD` or `QUOTA PERIOD`), cpu.weight. */
export function parseProcessor(output: string): Processor {
  const [processors, model, max, weight] = lines(output);
  const [used, period] = (max ?? '').split(' ');
  return {
    count: integer(processors, 'a count of processors'),
    model: (model ?? '').replace(/^model name\s*:\s*/, ''),
    quota:
      max === undefined || used === 'max'
        ? null
        : { usedUs: integer(used, 'cpu.max'), periodUs: integer(period, 'the period in cpu.max') },
    weight: weight === undefined ? null : integer(weight, 'cpu.weight'),
  };
}

export const processorProbe = defineProbe<Processor>({
  id: 'processor',
  group: 'isolation',
  question: 'Which processor does it believe it has?',
  script: `
nproc
grep -m 1 'model name' /proc/cpuinfo || echo unknown
${cgroupPath}
cat "$cgroup/cpu.max" "$cgroup/cpu.weight" 2>/dev/null`,
  parse: parseProcessor,
  show: ({ count: processors, model, quota, weight }) => [
    `${processors} × ${model}`,
    quota === null ? 'no quota' : `${quota.usedUs / 1000} ms in every ${quota.periodUs / 1000} ms`,
    ...(weight === null ? [] : [`weight ${weight} beside others`]),
  ],
  explain({ container, machine, host }) {
    const sees =
      host !== undefined && container.model === host.model && container.count === host.count
        ? 'The container sees its host’s processor'
        : `The container sees ${count(container.count, 'processor')}`;
    const share =
      container.quota !== null
        ? 'with a quota on its time'
        : container.weight !== null
          ? `and takes turns with its host’s other processes at weight ${container.weight}`
          : 'without a share of its own';
    const alike = container.model === machine.model ? ' of the same make' : '';
    return `${sees} ${share}; the machine has ${count(machine.count, 'processor')}${alike}, emulated for it alone.`;
  },
});

export interface ControlGroup {
  path: string;
  controllers: string[];
  pidsLimit: number | null;
}

/** `/proc/self/cgroup` (version 2: `0::PATH`), cgroup.controllers after `controllers `, pids.max after `pids `. */
export function parseControlGroup(output: string): ControlGroup {
  const [membership, ...rest] = lines(output);
  const path = /^0::(\/.*)$/.exec(membership ?? '')?.[1];
  if (path === undefined) throw new Error('Expected a cgroup version 2 membership, 0::/path.');
  const pids = rest.find((line) => line.startsWith('pids '))?.slice(5);
  return {
    path,
    controllers: (rest.find((line) => line.startsWith('controllers '))?.slice(12) ?? '')
      .split(' ')
      .filter(Boolean),
    pidsLimit: pids === undefined || pids === 'max' ? null : integer(pids, 'pids.max'),
  };
}

export const controlGroupProbe = defineProbe<ControlGroup>({
  id: 'cgroup',
  group: 'isolation',
  question: 'Which control group is it in?',
  script: `
${cgroupPath}
echo "$membership"
if read -r value 2>/dev/null <"$cgroup/cgroup.controllers"; then echo "controllers $value"; fi
if [ -r "$cgroup/pids.max" ] && read -r value <"$cgroup/pids.max"; then echo "pids $value"; fi`,
  parse: parseControlGroup,
  show: ({ path, controllers, pidsLimit }) => [
    path,
    controllers.length > 0 ? `controls ${controllers.join(', ')}` : 'no controllers seen',
    pidsLimit === null ? 'any number of processes' : `at most ${count(pidsLimit, 'process', 'processes')}`,
  ],
  explain({ container, machine }) {
    const limit =
      container.pidsLimit === null
        ? 'no limit on processes'
        : `at most ${count(container.pidsLimit, 'process', 'processes')}`;
    const own = machine.pidsLimit === null ? 'without such a limit' : `with at most ${machine.pidsLimit}`;
    const root =
      container.path === '/'
        ? 'takes its own group for the root of the tree'
        : `is in group ${container.path}`;
    return `The container ${root}, with ${limit} set from outside; the machine’s shell is in a group of its own kernel, ${own}.`;
  },
});
