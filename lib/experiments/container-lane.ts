import { HullError } from '../base/hull-error';
import { DisposableStack } from '../base/lifecycle';
import { Engine } from '../engine/engine';
import type { GuestProcess } from '../guest/guest';
import { type InstructionHistory, instructionsAt } from '../machine/instruction-log';
import { containerPhases } from './container-phases';
import { EngineWatch } from './engine-watch';
import type { LaneFinish, LaneReport, LaneStart } from './race';
import type { LanePhase } from './race-sample';
import type { RaceSetup } from './race-setup';
import { printTrace } from './runtime-trace';

const container = 'race';
/** Published on the host, where the client on the wire asks. */
const command = ['docker', 'run', '--rm', '--name', container, '--publish', '80:80', 'web'] as const;

/** Watches the engine and its machine, so that `docker run` of the web service can be followed. */
export async function prepareContainerLane(setup: RaceSetup, signal: AbortSignal): Promise<LaneStart> {
  const { guest } = setup.host;
  const engine = new Engine(guest);
  const watch = await EngineWatch.open(guest, engine, () => setup.unixMs(), signal);
  return (report) => run(setup, engine, watch, report, signal).finally(() => watch.dispose());
}

/** From the command to the first HTTP 200 on the wire. The container is gone afterwards. */
async function run(
  setup: RaceSetup,
  engine: Engine,
  watch: EngineWatch,
  report: LaneReport,
  signal: AbortSignal,
): Promise<LaneFinish> {
  const { machine, guest } = setup.host;
  const stack = new DisposableStack();
  const asking = new AbortController();
  stack.defer(() => asking.abort(new DOMException('the lane is over', 'AbortError')));
  const loadedBefore = machine.share.get().arrivedBytes;
  const startedAt = setup.now();
  const startedUnixMs = setup.unixMs();
  const elapsed = () => setup.now() - startedAt;
  const show = () => report.phases(containerPhases(watch.doings(startedUnixMs)));
  report.output(new TextEncoder().encode(`# ${command.join(' ')}\n`));
  const client = stack.add(guest.exec({ argv: command }));
  stack.add(client.onStdout((bytes) => report.output(bytes)));
  stack.add(client.onStderr((bytes) => report.output(bytes)));
  stack.add(watch.seen.subscribe(show));
  show();
  try {
    const [answer] = await Promise.all([
      setup.wire.firstAnswer('container', asking.signal),
      firstOutput(client, signal),
    ]);
    const readyMs = Math.min(answer.unixMs - startedUnixMs, elapsed());

    await watch.started(signal);
    const history = await machine.readHistory();
    const memoryBytes = await engine.memoryOf(container, signal);
    const doings = watch.doings(startedUnixMs);
    const steps = doings.trace?.steps ?? [];
    report.output(
      new TextEncoder().encode(`The runtime’s ${steps.length} system calls:\n${printTrace(steps)}`),
    );
    return {
      readyMs,
      instructions: executed(history, startedUnixMs, startedUnixMs + readyMs) ?? NaN,
      memoryBytes,
      loadedBytes: machine.share.get().arrivedBytes - loadedBefore,
      phases: containerPhases(doings, readyMs).map((phase) => counted(phase, history, startedUnixMs)),
    };
  } finally {
    await remove(engine, client).finally(() => stack.dispose());
  }
}

function counted(phase: LanePhase, history: InstructionHistory, startedUnixMs: number): LanePhase {
  const { startMs, endMs = startMs } = phase;
  const instructions = executed(history, startedUnixMs + startMs, startedUnixMs + endMs);
  return instructions === undefined ? phase : { ...phase, instructions };
}

function executed(history: InstructionHistory, fromMs: number, toMs: number): number | undefined {
  const [before, after] = [instructionsAt(history, fromMs), instructionsAt(history, toMs)];
  return before === undefined || after === undefined ? undefined : Math.round(after - before);
}

/** The service prints one line when it listens; the client's complaints come the same way, as an early exit. */
async function firstOutput(client: GuestProcess, signal: AbortSignal): Promise<void> {
  const stack = new DisposableStack();
  try {
    await new Promise<void>((resolve, reject) => {
      let complaint = '';
      stack.add(client.onStdout(() => resolve()));
      stack.add(
        client.onStderr((bytes) => {
          complaint = (complaint + new TextDecoder().decode(bytes)).slice(0, 2000);
        }),
      );
      client.exit.then(
        () =>
          reject(
            new HullError(
              'container-failed',
              `The container ended before its service listened. ${complaint.trim()}`,
              'Start the race again; if it stays so, look at the engine in the workbench.',
            ),
          ),
        reject,
      );
      const onAbort = () => reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      stack.defer(() => signal.removeEventListener('abort', onAbort));
    });
  } finally {
    stack.dispose();
  }
}

/** Also after an abort. What cannot be removed is refused by its name at the next start, with the engine's sentence. */
async function remove(engine: Engine, client: GuestProcess): Promise<void> {
  const signal = new AbortController().signal;
  await engine.remove('containers', container, signal, { force: true }).catch(() => undefined);
  await client.exit.catch(() => undefined);
}
