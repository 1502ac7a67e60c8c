import { HullError } from '../base/hull-error';
import { DisposableStack } from '../base/lifecycle';
import type { Guest, GuestProcess } from '../guest/guest';
import { httpGet } from './http-get';
import type { LaneFinish, LaneReport } from './race';
import type { RaceSetup } from './race-setup';
import { parseTrace, printTrace } from './runtime-trace';
import { runtimePhases } from './runtime-phases';

const bundle = '/var/lib/twinhull/bundles/web';
/** What the bundle's network hook gives the container; see its config.json. */
const address = '172.17.255.2';
const containerId = 'race';
const traceFile = '/run/race-trace.jsonl';

/** Starts the web service as a container, from the command to its first HTTP 200, and removes it. */
export async function runContainerLane(
  setup: RaceSetup,
  report: LaneReport,
  signal: AbortSignal,
): Promise<LaneFinish> {
  const { machine, guest } = setup.host;
  const stack = new DisposableStack();
  const before = await machine.readCounters();
  const startedAt = setup.now();
  const startedUnixMs = setup.unixMs();
  const elapsed = () => setup.now() - startedAt;
  report.phases([{ name: 'create', startMs: 0 }]);
  const container = stack.add(
    guest.exec({ argv: ['hullrun', 'run', '--trace', traceFile, '--bundle', bundle, containerId] }),
  );
  stack.add(container.onStdout((bytes) => report.output(bytes)));
  stack.add(container.onStderr((bytes) => report.output(bytes)));
  try {
    await firstOutput(container, signal);
    const listensMs = elapsed();
    report.phases([
      { name: 'create', startMs: 0, endMs: listensMs },
      { name: 'first request', startMs: listensMs },
    ]);
    await httpGet(guest, { type: 'tcp', host: address, port: 80 }, signal);
    const readyMs = elapsed();

    const after = await machine.readCounters();
    const memoryBytes = await readNumber(guest, `/sys/fs/cgroup/hullrun/${containerId}/memory.current`);
    const trace = parseTrace(await guest.readFile(traceFile));
    report.output(
      new TextEncoder().encode(`The runtime’s ${trace.length} system calls:\n${printTrace(trace)}`),
    );
    return {
      readyMs,
      instructions: after.instructions - before.instructions,
      memoryBytes,
      loadedBytes: 0,
      phases: [
        ...runtimePhases(trace, { startedUnixMs, listensMs }),
        { name: 'first request', startMs: listensMs, endMs: readyMs },
      ],
    };
  } finally {
    await remove(guest, container).finally(() => stack.dispose());
  }
}

/** The service prints one line when it listens; the runtime's errors come on the same way, as an early exit. */
async function firstOutput(container: GuestProcess, signal: AbortSignal): Promise<void> {
  const stack = new DisposableStack();
  try {
    await new Promise<void>((resolve, reject) => {
      let complaint = '';
      stack.add(container.onStdout(() => resolve()));
      stack.add(
        container.onStderr((bytes) => {
          complaint = (complaint + new TextDecoder().decode(bytes)).slice(0, 2000);
        }),
      );
      container.exit.then(
        () =>
          reject(
            new HullError(
              'container-failed',
              `The container ended before its service listened. ${complaint.trim()}`,
              'Start the race again; if it stays so, look at the machine in the workbench.',
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

async function remove(guest: Guest, container: GuestProcess): Promise<void> {
  await guest.run({ argv: ['hullrun', 'delete', '--force', containerId] });
  await container.exit.catch(() => undefined);
}

async function readNumber(guest: Guest, path: string): Promise<number> {
  return Number.parseInt(new TextDecoder().decode(await guest.readFile(path)), 10);
}
