import { expect, test } from 'vitest';
import { runtimePhases } from './runtime-phases';
import { parseTrace } from './runtime-trace';

const line = (step: string, process: string, atMs: number, ms: number | null, detail = '') =>
  JSON.stringify({
    step,
    syscall: 'x',
    atNs: atMs * 1e6,
    ns: ms === null ? null : ms * 1e6,
    ok: true,
    process,
    detail,
  });

// The shape of a real trace: the container's process writes its lines before the runtime writes its last ones.
const trace = parseTrace(
  new TextEncoder().encode(
    [
      line('start', 'runtime', 0, 0, '1000100000000'),
      line('cgroup', 'runtime', 4, 1),
      line('namespaces', 'runtime', 6, 2),
      line('namespaces', 'container', 7.5, 0.1),
      line('/proc', 'container', 9, 1),
      line('/dev', 'container', 10, 2),
      line('process', 'container', 14, null),
      'cut off in the mid',
      line('namespaces', 'runtime', 8.1, 1),
      line('createRuntime', 'runtime', 12, 2),
      line('wait', 'runtime', 15, 800),
    ].join('\n'),
  ),
);

test('groups neighbours by purpose, leaves bookkeeping out, and lies where the guest’s clock puts it', () => {
  const phases = runtimePhases(trace, { startedUnixMs: 1_000_095, listensMs: 30 });
  expect(phases).toEqual([
    { name: 'command', startMs: 0, endMs: 5 },
    { name: 'prepare', startMs: 5, endMs: 9 },
    { name: 'cgroup', startMs: 9, endMs: 11 },
    { name: 'namespaces', startMs: 11, endMs: 14 },
    { name: 'mounts', startMs: 14, endMs: 17 },
    { name: 'network', startMs: 17, endMs: 19 },
    { name: 'privileges', startMs: 19, endMs: 19 },
    { name: 'service', startMs: 19, endMs: 30 },
  ]);
});

test.each([
  ['ahead', 1_000_900],
  ['behind', 999_000],
])('a guest whose clock is %s does not push the trace out of what the page saw', (_, startedUnixMs) => {
  for (const phase of runtimePhases(trace, { startedUnixMs, listensMs: 30 })) {
    expect(phase.startMs).toBeGreaterThanOrEqual(0);
    expect(phase.endMs).toBeLessThanOrEqual(30);
  }
});

test('without a trace there is still a phase', () => {
  expect(runtimePhases([], { startedUnixMs: 0, listensMs: 30 })).toEqual([
    { name: 'create', startMs: 0, endMs: 30 },
  ]);
});
