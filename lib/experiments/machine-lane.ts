import { DisposableStack } from '../base/lifecycle';
import type { PhaseMark } from '../machine/machine';
import { httpGet } from './http-get';
import type { LaneFinish, LaneReport, LaneStart } from './race';
import type { LanePhase } from './race-sample';
import type { RaceSetup } from './race-setup';

export function prepareMachineLane(setup: RaceSetup, signal: AbortSignal): Promise<LaneStart> {
  return Promise.resolve((report) => run(setup, report, signal));
}

/** Boots a machine straight into the web service, from power on to its first HTTP 200, and disposes of it. */
async function run(setup: RaceSetup, report: LaneReport, signal: AbortSignal): Promise<LaneFinish> {
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
    const firstRequest: LanePhase = {
      name: 'first request',
      startMs: bootedMs,
      endMs: readyMs,
      instructions: counters.instructions - (machine.phases.get().at(-1)?.instructions ?? 0),
    };
    return {
      readyMs,
      instructions: counters.instructions,
      memoryBytes: counters.memoryTouchedBytes,
      loadedBytes: counters.loadedBytes,
      phases: [...boot, firstRequest],
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
