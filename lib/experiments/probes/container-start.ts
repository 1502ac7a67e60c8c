import type { Guest } from '../../guest/guest';
import { type TraceStep, groupTrace, parseTrace } from '../runtime-trace';
import { traceFile } from './pair';
import type { ContainerStart } from './start';

/** What the runtime wrote about the start of the container's shell; undefined when it wrote nothing. */
export async function readContainerStart(host: Guest): Promise<ContainerStart | undefined> {
  return containerStart(parseTrace(await host.readFile(traceFile)));
}

/** From the runtime's first line to the moment in which the container's program replaces it. */
export function containerStart(trace: readonly TraceStep[]): ContainerStart | undefined {
  // After its program runs the runtime only waits and relays.
  const program = trace.findIndex(
    ({ process, syscall }) => process === 'container' && syscall.startsWith('execve'),
  );
  const start = program < 0 ? [] : trace.slice(0, program + 1);
  const last = start.at(-1);
  if (!last) return undefined;
  const totals = new Map<string, number>();
  for (const { step, atNs, endNs } of groupTrace(start)) {
    totals.set(step, (totals.get(step) ?? 0) + (endNs - atNs) / 1e6);
  }
  return {
    totalMs: last.atNs / 1e6,
    systemCalls: start.length,
    steps: [...totals].map(([name, ms]) => ({ name, ms })),
  };
}
