import { DisposableStack } from '../base/lifecycle';
import type { PhaseMark } from '../machine/machine';
import { httpGet } from './http-get';
import type { LaneFinish, LaneReport } from './race';
import type { LanePhase } from './race-sample';
import type { RaceSetup } from './race-setup';

/** Boots a machine straight into the web service, from power on to its first HTTP 200, and disposes of it. */
export async function runMachineLane(
  setup: RaceSetup,
  report: LaneReport,
  signal: AbortSignal,
): Promise<LaneFinish> {
  const stack = new DisposableStack();
  try {
    const startedAt = setup.now();
    const machine = stack.add(setup.newMachine());
    let poweredAfterMs: number | undefined;
    const show = () => {
      const state = machine.state.get();
      if (state.type !== 'off' && state.type !== 'loading') poweredAfterMs ??= setup.now() - startedAt;
      report.phases(bootPhases(machine.phases.get(), poweredAfterMs));
    };
    stack.add(machine.console.onOutput((bytes) => report.output(bytes)));
    stack.add(machine.state.subscribe(show));
    stack.add(machine.phases.subscribe(show));
    show();

    await machine.powerOn({ type: 'cold' }, signal);
    const guest = stack.add(await setup.connectGuest(machine.openAgent(), { signal }));
    await httpGet(guest, { type: 'tcp', port: 80 }, signal);
    const readyMs = setup.now() - startedAt;

    const counters = await machine.readCounters();
    const boot = bootPhases(machine.phases.get(), poweredAfterMs);
    const bootedMs = boot.at(-1)?.endMs ?? 0;
    const phases = [...boot, { name: 'first request', startMs: bootedMs, endMs: readyMs }];
    return {
      readyMs,
      instructions: counters.instructions,
      memoryBytes: counters.memoryTouchedBytes,
      loadedBytes: counters.loadedBytes,
      phases,
    };
  } finally {
    stack.dispose();
  }
}

/** The machine's own marks count from power on; loading comes before it. */
function bootPhases(marks: readonly PhaseMark[], poweredAfterMs: number | undefined): LanePhase[] {
  if (poweredAfterMs === undefined) return [{ name: 'load', startMs: 0 }];
  const phases: LanePhase[] = [{ name: 'load', startMs: 0, endMs: poweredAfterMs }];
  marks.forEach((mark, index) => {
    if (mark.phase === 'ready') return;
    const next = marks[index + 1];
    const phase: LanePhase = { name: mark.phase, startMs: poweredAfterMs + mark.atMs };
    phases.push(
      next
        ? { ...phase, endMs: poweredAfterMs + next.atMs, instructions: next.instructions - mark.instructions }
        : phase,
    );
  });
  return phases;
}
