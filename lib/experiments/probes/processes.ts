import { defineProbe, required, type Readings } from './probe';
import { count, integer, lines, list } from './words';

export interface Process {
  pid: number;
  name: string;
  /** Inode of the PID namespace it lives in; null where the kernel does not let us look. */
  pidNamespace: number | null;
}

/** Lines of `stat` (`INODE /proc/PID/ns/pid`) and of `grep` (`/proc/PID/comm:NAME`), in any order. */
export function parseProcesses(output: string): Process[] {
  const names = new Map<number, string>();
  const namespaces = new Map<number, number>();
  for (const line of lines(output)) {
    const name = /^\/proc\/(\d+)\/comm:(.*)$/.exec(line);
    const namespace = /^(\d+) \/proc\/(\d+)\/ns\/pid$/.exec(line);
    if (name) names.set(integer(name[1], 'a PID'), name[2] ?? '');
    else if (namespace) namespaces.set(integer(namespace[2], 'a PID'), integer(namespace[1], 'an inode'));
    else throw new Error(`Not a line about a process: ${JSON.stringify(line.slice(0, 80))}.`);
  }
  if (!names.has(1)) throw new Error('No process has number 1.');
  return [...names]
    .sort(([one], [other]) => one - other)
    .map(([pid, name]) => ({ pid, name, pidNamespace: namespaces.get(pid) ?? null }));
}

/** The host's numbers for the processes of the container's PID namespace. */
export function seenFromHost({
  container,
  host,
}: Pick<Readings<Process[]>, 'container' | 'host'>): Process[] {
  const namespace = container[0]?.pidNamespace ?? null;
  // Processes of the host carry another namespace's inode; were it the same one, there would be nothing to translate.
  if (namespace === null || host === undefined || host[0]?.pidNamespace === namespace) return [];
  return host.filter((process) => process.pidNamespace === namespace);
}

export const processesProbe = defineProbe<Process[]>({
  id: 'processes',
  group: 'isolation',
  question: 'Which processes does it see?',
  // The probe's own applets come and go while they look.
  script: `
grep -H '' /proc/[0-9]*/comm 2>/dev/null
stat -Lc '%i %n' /proc/[0-9]*/ns/pid 2>/dev/null`,
  volatile: true,
  parse: ({ output }) => parseProcesses(output),
  show: (processes) => [
    count(processes.length, 'process', 'processes'),
    ...processes.map((process) => `${process.pid} ${process.name}`),
  ],
  explain({ container, machine, host }) {
    const inside = `The container sees ${container.length} of its own`;
    const beside = `the machine sees ${machine.length}, its kernel’s threads among them`;
    const translated = seenFromHost({ container, host });
    if (translated.length > 0) {
      const numbers = list(translated.slice(0, 4).map((process) => String(process.pid)));
      return `${inside}, and its host sees the same ones under other numbers (${numbers}); ${hasKernelThreads(machine) ? beside : `the machine sees ${machine.length}`}.`;
    }
    if (host !== undefined && host[0]?.pidNamespace === container[0]?.pidNamespace) {
      return 'The container shares its host’s PID namespace, so it sees every process there.';
    }
    return `${inside}; ${hasKernelThreads(machine) ? beside : `the machine sees ${machine.length}`}.`;
  },
});

function hasKernelThreads(processes: readonly Process[]): boolean {
  return processes.some((process) => process.name === 'kthreadd');
}

export interface FirstProcess {
  name: string;
  commandLine: string;
}

export const firstProcessProbe = defineProbe<FirstProcess>({
  id: 'first-process',
  group: 'isolation',
  question: 'What is its process number 1?',
  files: ['/proc/1/comm'],
  script: 'oneline /proc/1/cmdline',
  parse: (answer) => ({ name: required(answer, '/proc/1/comm'), commandLine: answer.output.trim() }),
  show: ({ name, commandLine }) => [commandLine === '' ? name : commandLine],
  explain({ container, machine, host }) {
    if (container.commandLine === machine.commandLine && container.name === machine.name) {
      return `Both are run by ${container.name}.`;
    }
    const machineInit =
      host !== undefined && machine.commandLine === host.commandLine
        ? 'the machine starts with init, as the container’s host did'
        : `the machine starts with ${machine.name}`;
    return `The container’s first process is the program that it was made for, ${container.name}; ${machineInit}.`;
  },
});

export interface SignalAttempt {
  result: 'delivered' | 'no-such-process' | 'refused';
  said: string;
}

/** A first line with the command line found under that number, or `nothing`; then what `attempt kill -0` printed. */
export function parseSignal(output: string): SignalAttempt {
  const [target, attempt] = output.split('\n');
  if (target === undefined || attempt === undefined) throw new Error('Expected a target and an outcome.');
  if (target !== 'target') return { result: 'no-such-process', said: attempt.replace(/^\w+ ?/, '') };
  if (attempt === 'allowed') return { result: 'delivered', said: '' };
  return { result: 'refused', said: attempt.replace(/^refused ?/, '') };
}

export const signalProbe = defineProbe<SignalAttempt>({
  id: 'signal',
  group: 'reach',
  question: 'Can it signal a process of the container’s host?',
  // The same number may belong to somebody else here, so the command line is looked at first.
  script: `
if [ -r "/proc/$host_pid/cmdline" ] && [ "$(oneline "/proc/$host_pid/cmdline")" = "$host_command " ]; then
  echo target
else
  echo nothing
fi
attempt kill -0 "$host_pid"`,
  parse: ({ output }) => parseSignal(output),
  show: ({ result, said }) => {
    switch (result) {
      case 'delivered':
        return ['yes'];
      case 'refused':
        return ['refused', said];
      case 'no-such-process':
        return ['no: that process is not there'];
    }
  },
  same: (one, other) => one.result === other.result,
  explain({ container, machine }) {
    if (container.result === 'delivered') {
      return machine.result === 'delivered'
        ? 'Both reached it.'
        : 'The container reached its host’s process, so it shares the host’s PID namespace; from the machine it cannot be named.';
    }
    const byContainer =
      container.result === 'refused'
        ? 'The container sees the process but may not signal it'
        : 'In the container’s PID namespace that process has no number, so no signal can name it';
    return machine.result === 'delivered'
      ? `${byContainer}; the machine reached it.`
      : `${byContainer}; in the machine it is a process of another computer.`;
  },
});
