import { type BootPhase, type PhaseMark, bootPhases } from '../../machine/machine';
import type { Cell, ProbeRow, Side } from './probe';

/** How a machine of this tab came up, as the page's clock and the machine's own marks have it. */
export interface MachineStart {
  how: 'cold' | 'snapshot';
  /** From the command to a guest that answers; loading of files included. */
  totalMs: number;
  /** Observed on a cold boot; a restore passes through none of them. */
  phases: readonly PhaseMark[];
}

/** How `docker run` brought a container up, by what the engine tells of its calls and of the runtime's steps. */
export interface ContainerStart {
  totalMs: number;
  systemCalls: number;
  /** What they were for, in order. */
  steps: readonly { name: string; ms: number }[];
}

/** Undefined where it has not been measured, or not yet. */
export interface Starts {
  container: ContainerStart | undefined;
  machine: MachineStart | undefined;
  host: MachineStart | undefined;
}

const missing: Cell = { type: 'failure', reason: 'Not measured yet.' };

/** The row that is measured from outside: a guest that is not up cannot time its own start. */
export function startRow(starts: Starts): ProbeRow {
  const { container, machine, host } = starts;
  return {
    id: 'start',
    group: 'boot',
    question: 'How long did it take to start?',
    cells: {
      container: container ? { type: 'value', lines: containerLines(container) } : missing,
      machine: machine ? { type: 'value', lines: machineLines(machine) } : missing,
      host: host ? { type: 'value', lines: machineLines(host) } : missing,
    } satisfies Record<Side, Cell>,
    verdict: container && machine ? 'different' : 'unknown',
    verdictOnHost: container && host ? 'different' : 'unknown',
    sentence: explain(starts),
    volatile: false,
  };
}

function explain({ container, machine, host }: Starts): string {
  if (!container) return 'Nothing to compare: the container’s start was not measured.';
  if (!machine) return 'Nothing to compare: the machine’s start was not measured.';
  const ofContainer = `The container was set up by docker run in ${ms(container.totalMs)}, on a kernel and an engine that were already up${
    host ? `, which took ${ms(host.totalMs)}` : ''
  }`;
  return machine.how === 'cold'
    ? `${ofContainer}; the machine booted firmware, kernel and init in ${ms(machine.totalMs)}.`
    : `${ofContainer}; the machine was put back from a snapshot in ${ms(machine.totalMs)}, so it did not boot at all.`;
}

function machineLines({ how, totalMs, phases }: MachineStart): string[] {
  return [
    `${ms(totalMs)}, ${how === 'cold' ? 'cold boot' : 'restored from a snapshot'}`,
    ...phaseDurations(phases).map(({ phase, durationMs }) => `${phase} ${ms(durationMs)}`),
  ];
}

function containerLines({ totalMs, systemCalls, steps }: ContainerStart): string[] {
  const slowest = [...steps].sort((one, other) => other.ms - one.ms).slice(0, 5);
  return [
    `${ms(totalMs)}, ${systemCalls} system calls of the runtime`,
    ...slowest.map((step) => `${step.name} ${ms(step.ms)}`),
  ];
}

/** Each phase lasts until the next mark. */
export function phaseDurations(marks: readonly PhaseMark[]): { phase: BootPhase; durationMs: number }[] {
  return marks.flatMap(({ phase, atMs }, index) => {
    const next = marks[index + 1];
    return next && isBootPhase(phase) ? [{ phase, durationMs: next.atMs - atMs }] : [];
  });
}

function isBootPhase(phase: PhaseMark['phase']): phase is BootPhase {
  return bootPhases.some((known) => known === phase);
}

function ms(value: number): string {
  return value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(2)} s`;
}
