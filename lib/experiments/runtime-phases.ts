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
  names: 'network',
  createRuntime: 'network',
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
 * The container's way as phases of the page's clock: the command reaching the runtime, the runtime's own trace, the
 * service starting. The guest's clock was set from the page's, so the trace's first line, which carries it, says where
 * the trace belongs; being off by the agent's latency, it is kept within what the page itself saw.
 * @param page when the command was given, on the epoch's clock, and when the service was heard after that
 */
export function runtimePhases(
  trace: readonly TraceStep[],
  page: { startedUnixMs: number; listensMs: number },
): LanePhase[] {
  const groups = groupTrace(
    withoutBookkeeping(trace).map((step) => ({ ...step, step: purposeOf(step.step) })),
  );
  const first = trace[0];
  const lastEndNs = groups.at(-1)?.endNs;
  if (!first || lastEndNs === undefined) return [{ name: 'create', startMs: 0, endMs: page.listensMs }];

  const traceBeganMs = Number(first.detail) / 1e6 - page.startedUnixMs;
  const latestMs = Math.max(0, page.listensMs - lastEndNs / 1e6);
  const beganMs = Number.isFinite(traceBeganMs) ? Math.min(Math.max(traceBeganMs, 0), latestMs) : latestMs;
  const at = (ns: number) => Math.min(beganMs + ns / 1e6, page.listensMs);
  return [
    { name: 'command', startMs: 0, endMs: beganMs },
    ...groups.map(({ step, atNs, endNs }) => ({ name: step, startMs: at(atNs), endMs: at(endNs) })),
    { name: 'service', startMs: at(lastEndNs), endMs: page.listensMs },
  ];
}
