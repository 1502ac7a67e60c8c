import { type Doings, isStart } from './engine-watch';
import type { LanePhase } from './race-sample';
import { type TraceStep, groupTrace } from './runtime-trace';

/** What the runtime's steps are for, in people's words. */
const purposes: Readonly<Record<string, string>> = {
  start: 'prepare',
  state: 'prepare',
  'seccomp program': 'prepare',
  cgroup: 'cgroup',
  'device program': 'cgroup',
  namespaces: 'namespaces',
  rootfs: 'mounts',
  devices: 'mounts',
  names: 'root',
  'masked paths': 'root',
  'read-only paths': 'root',
  'pivot root': 'root',
  sysctl: 'privileges',
  process: 'privileges',
};

/** The steps that mount something are named by where it goes. */
function purposeOf(step: string): string {
  return purposes[step] ?? (step.startsWith('/') ? 'mounts' : step);
}

/** Once the container's own process runs, the runtime's bookkeeping happens beside it and is no phase of its own. */
function withoutBookkeeping(trace: readonly TraceStep[]): TraceStep[] {
  const containerBegins = trace.find(({ process }) => process === 'container')?.atNs ?? Infinity;
  const bookkeeping = ['namespaces', 'state', 'wait', 'delete'];
  return trace.filter(
    ({ process, atNs, step }) =>
      process === 'container' || atNs < containerBegins || !bookkeeping.includes(step),
  );
}

/**
 * The way of `docker run`, from the command to the first answer, as far as it is known: the client, its calls, what
 * the engine does in the last of them, the runtime's steps, the service. Milliseconds since the command.
 * @param readyMs when it answered, as the client on the wire saw it
 */
export function containerPhases(doings: Doings, readyMs?: number): LanePhase[] {
  const { calls, connectedMs, trace } = doings;
  const create = calls.find(({ method, path }) => method === 'POST' && path === '/containers/create');
  const start = calls.find(({ path }) => isStart(path));
  const groups = groupTrace(
    withoutBookkeeping(trace?.steps ?? []).map((step) => ({ ...step, step: purposeOf(step.step) })),
  );
  const inTrace = (ns: number) => (trace?.beganMs ?? 0) + ns / 1e6;
  const lastNs = groups.at(-1)?.endNs;
  const begins: [name: string, startMs: number | undefined][] = [
    ['client', 0],
    ['create', create?.startMs],
    ['attach', create?.endMs],
    ['network', start?.startMs],
    ['shim', connectedMs],
    ...groups.map(({ step, atNs }): [string, number] => [step, inTrace(atNs)]),
    ['service', lastNs === undefined ? start?.endMs : inTrace(lastNs)],
  ];
  return following(begins, readyMs);
}

/** Each phase lasts until the next one begins, the last until `endMs`; clocks that disagree do not turn one around. */
function following(
  begins: readonly (readonly [name: string, startMs: number | undefined])[],
  endMs: number | undefined,
): LanePhase[] {
  const known = begins.flatMap(([name, startMs]) => (startMs === undefined ? [] : [{ name, startMs }]));
  // What the client saw stands last and counts most.
  let latest = endMs ?? Infinity;
  for (const phase of known.toReversed())
    phase.startMs = latest = Math.max(0, Math.min(phase.startMs, latest));
  return known.map((phase, index) => {
    const until = known[index + 1]?.startMs ?? endMs;
    return until === undefined ? phase : { ...phase, endMs: until };
  });
}
