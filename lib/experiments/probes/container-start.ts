import { containerPhases } from '../container-phases';
import type { Doings } from '../engine-watch';
import type { ContainerStart } from './start';

/** From `docker run` to the moment in which the container's program runs; undefined when it did not come to that. */
export function containerStart(doings: Doings): ContainerStart | undefined {
  const phases = containerPhases(doings);
  const service = phases.at(-1);
  const steps = doings.trace?.steps ?? [];
  // After its program runs the runtime only waits and relays.
  const program = steps.findIndex(
    ({ process, syscall }) => process === 'container' && syscall.startsWith('execve'),
  );
  if (service?.name !== 'service' || program < 0) return undefined;
  const totals = new Map<string, number>();
  for (const { name, startMs, endMs } of phases) {
    if (endMs !== undefined) totals.set(name, (totals.get(name) ?? 0) + endMs - startMs);
  }
  return {
    totalMs: service.startMs,
    systemCalls: program + 1,
    steps: [...totals].map(([name, ms]) => ({ name, ms })),
  };
}
