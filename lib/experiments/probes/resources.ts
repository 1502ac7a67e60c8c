import { defineProbe, required } from './probe';
import { count, integer, lines, mebibytes } from './words';

export interface Memory {
  totalBytes: number;
  /** What its control group allows; null without a limit. */
  limitBytes: number | null;
}

/** The texts of /proc/meminfo and of memory.max (a number or `max`; the root group has none). */
export function parseMemory(meminfo: string, max: string | undefined): Memory {
  const kibibytes = /^MemTotal:\s+(\d+) kB$/m.exec(meminfo)?.[1];
  return {
    totalBytes: integer(kibibytes, 'MemTotal') * 1024,
    limitBytes: limitOf(max, 'memory.max'),
  };
}

function limitOf(text: string | undefined, what: string): number | null {
  return text === undefined || text === 'max' ? null : integer(text, what);
}

export const memoryProbe = defineProbe<Memory>({
  id: 'memory',
  group: 'isolation',
  question: 'How much memory does it believe it has?',
  files: ['/proc/meminfo', 'memory.max'],
  parse: (answer) => parseMemory(required(answer, '/proc/meminfo'), answer.file('memory.max')),
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

/** The texts of /proc/cpuinfo, cpu.max (`max PERIOD` or `QUOTA PERIOD`) and cpu.weight. */
export function parseProcessor(
  cpuinfo: string,
  max: string | undefined,
  weight: string | undefined,
): Processor {
  const [used, period] = (max ?? 'max').split(' ');
  return {
    count: lines(cpuinfo).filter((line) => line.startsWith('processor')).length,
    model: /^model name\s*: (.*)$/m.exec(cpuinfo)?.[1] ?? 'unknown',
    quota:
      used === 'max'
        ? null
        : { usedUs: integer(used, 'cpu.max'), periodUs: integer(period, 'the period in cpu.max') },
    weight: weight === undefined ? null : integer(weight, 'cpu.weight'),
  };
}

export const processorProbe = defineProbe<Processor>({
  id: 'processor',
  group: 'isolation',
  question: 'Which processor does it believe it has?',
  files: ['/proc/cpuinfo', 'cpu.max', 'cpu.weight'],
  parse: (answer) =>
    parseProcessor(required(answer, '/proc/cpuinfo'), answer.file('cpu.max'), answer.file('cpu.weight')),
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

/** The texts of /proc/self/cgroup (version 2: `0::PATH`), cgroup.controllers and pids.max. */
export function parseControlGroup(
  membership: string,
  controllers: string | undefined,
  pids: string | undefined,
): ControlGroup {
  const path = /^0::(\/.*)$/.exec(membership)?.[1];
  if (path === undefined) throw new Error('Expected a cgroup version 2 membership, 0::/path.');
  return {
    path,
    controllers: (controllers ?? '').split(' ').filter(Boolean),
    pidsLimit: limitOf(pids, 'pids.max'),
  };
}

export const controlGroupProbe = defineProbe<ControlGroup>({
  id: 'cgroup',
  group: 'isolation',
  question: 'Which control group is it in?',
  files: ['/proc/self/cgroup', 'cgroup.controllers', 'pids.max'],
  parse: (answer) =>
    parseControlGroup(
      required(answer, '/proc/self/cgroup'),
      answer.file('cgroup.controllers'),
      answer.file('pids.max'),
    ),
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
