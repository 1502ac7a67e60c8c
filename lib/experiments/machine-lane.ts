import { DisposableStack } from '../base/lifecycle';
import { instructionsAt } from '../machine/instruction-log';
import type { PhaseMark } from '../machine/machine';
import type { LaneFinish, LaneReport, LaneStart } from './race';
import type { LanePhase } from './race-sample';
import type { RaceSetup } from './race-setup';

export function prepareMachineLane(setup: RaceSetup, signal: AbortSignal): Promise<LaneStart> {
  return Promise.resolve((report) => run(setup, report, signal));
}

/** Boots a machine straight into the web service, from power on to its first HTTP 200 on the wire, and disposes of it. */
async function run(setup: RaceSetup, report: LaneReport, signal: AbortSignal): Promise<LaneFinish> {
  const stack = new DisposableStack();
  const asking = new AbortController();
  stack.defer(() => asking.abort(new DOMException('the lane is over', 'AbortError')));
  try {
    const startedAt = setup.now();
    const startedUnixMs = setup.unixMs();
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

    const [answer] = await Promise.all([
      setup.wire.firstAnswer('machine', asking.signal),
      setup.wire.plugInMachine(machine),
      machine.powerOn({ type: 'cold' }, signal),
    ]);
    const readyMs = Math.min(answer.unixMs - startedUnixMs, setup.now() - startedAt);

    const counters = await machine.readCounters({ scanMemory: true });
    const history = await machine.readHistory();
    const instructions = Math.round(instructionsAt(history, answer.unixMs) ?? counters.instructions);
    return {
      readyMs,
      instructions,
      memoryBytes: counters.memoryTouchedBytes,
      loadedBytes: counters.loadedBytes,
      phases: finished(bootPhases(machine.phases.get(), poweredAfterMs), readyMs, instructions),
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

/**
 * The client may have its answer before the machine says that it is ready: what was under way ends with it. What comes between
 * that and a later answer belongs to the last phase.
 */
function finished(boot: readonly LanePhase[], readyMs: number, instructions: number): LanePhase[] {
  const phases = boot.map(({ endMs = readyMs, ...phase }) => ({
    ...phase,
    startMs: Math.min(phase.startMs, readyMs),
    endMs: Math.min(endMs, readyMs),
  }));
  const last = phases.pop();
  const counted = phases.reduce((sum, phase) => sum + (phase.instructions ?? 0), 0);
  return last
    ? [...phases, { ...last, endMs: readyMs, instructions: Math.max(0, instructions - counted) }]
    : phases;
}
