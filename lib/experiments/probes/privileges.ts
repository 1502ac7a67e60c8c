import { parseCapabilities } from './capabilities';
import { defineProbe, required } from './probe';
import { count, integer, lines, list } from './words';

/** Lines of /proc/self/status, see proc_pid_status(5). */
export function parseStatus(output: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of lines(output)) {
    const colon = line.indexOf(':');
    if (colon < 0) throw new Error(`Not a line of status: ${JSON.stringify(line.slice(0, 80))}.`);
    fields.set(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return fields;
}

export interface Capabilities {
  effective: string[];
  bounding: string[];
}

export const capabilitiesProbe = defineProbe<Capabilities>({
  id: 'capabilities',
  group: 'isolation',
  question: 'Which capabilities does its root have?',
  files: ['/proc/self/status'],
  parse(answer) {
    const status = parseStatus(required(answer, '/proc/self/status'));
    return {
      effective: parseCapabilities(status.get('CapEff') ?? ''),
      bounding: parseCapabilities(status.get('CapBnd') ?? ''),
    };
  },
  show: ({ effective }) => [
    effective.length === 0 ? 'none' : `${effective.length} effective`,
    ...(effective.length > 0 ? [effective.join(' ')] : []),
  ],
  explain({ container, machine }) {
    const missing = machine.effective.filter((name) => !container.effective.includes(name));
    if (missing.length === 0) {
      return `The container holds all ${container.effective.length} capabilities that the machine’s shell holds, so only namespaces stand between it and its host.`;
    }
    const telling = ['SYS_ADMIN', 'NET_ADMIN', 'SYS_MODULE', 'SYS_TIME', 'SYS_BOOT'].filter((name) =>
      missing.includes(name),
    );
    const examples = list((telling.length > 0 ? telling : missing).slice(0, 3));
    return `The runtime took ${count(missing.length, 'capability', 'capabilities')} away, ${examples} among them, for root in a container is root on a shared kernel; the machine’s root may keep all ${machine.effective.length}, for the kernel is its own.`;
  },
});

export interface SystemCallFilter {
  mode: 'off' | 'strict' | 'filter';
  filters: number;
  noNewPrivileges: boolean;
}

const modes = ['off', 'strict', 'filter'] as const;

export function parseFilter(output: string): SystemCallFilter {
  const status = parseStatus(output);
  const mode = modes[integer(status.get('Seccomp'), 'Seccomp in status')];
  if (mode === undefined) throw new Error(`Unknown seccomp mode ${status.get('Seccomp') ?? ''}.`);
  return {
    mode,
    filters: integer(status.get('Seccomp_filters') ?? '0', 'Seccomp_filters in status'),
    noNewPrivileges: status.get('NoNewPrivs') === '1',
  };
}

export const filterProbe = defineProbe<SystemCallFilter>({
  id: 'seccomp',
  group: 'isolation',
  question: 'Are its system calls filtered?',
  files: ['/proc/self/status'],
  parse: (answer) => parseFilter(required(answer, '/proc/self/status')),
  show: ({ mode, filters, noNewPrivileges }) => [
    mode === 'filter' ? `seccomp, ${count(filters, 'filter')}` : `seccomp ${mode}`,
    noNewPrivileges ? 'may gain no privileges' : 'set-user-ID programs work',
  ],
  explain({ container, machine }) {
    const ofMachine =
      machine.mode === 'off'
        ? 'the machine’s go unfiltered to the machine’s own kernel'
        : 'the machine’s are filtered too';
    return container.mode === 'off'
      ? `The container’s system calls go unfiltered to its host’s kernel; ${ofMachine}.`
      : `Every system call of the container passes ${count(container.filters, 'seccomp filter')} before its host’s kernel looks at it; ${ofMachine}.`;
  },
});
