import { expect, test } from 'vitest';
import { containerPhases } from './container-phases';
import type { Doings } from './engine-watch';
import { readTrace } from './runtime-trace';

const line = (step: string, process: string, atMs: number, ms: number | null, detail = '') => ({
  step,
  syscall: 'x',
  atNs: atMs * 1e6,
  ns: ms === null ? null : ms * 1e6,
  ok: true,
  process,
  detail,
});

// The shape of a real trace: the container's process writes its lines before the runtime writes its last ones.
const lines = [
  line('start', 'runtime', 0, 0, '1000100000000'),
  line('cgroup', 'runtime', 4, 1),
  line('namespaces', 'runtime', 6, 2),
  line('namespaces', 'container', 7.5, 0.1),
  line('/proc', 'container', 9, 1),
  line('/dev', 'container', 10, 2),
  line('names', 'container', 12, 1),
  line('process', 'container', 14, null),
  { another: 'object' },
  line('namespaces', 'runtime', 8.1, 1),
  line('wait', 'runtime', 15, 800),
];

const call = (path: string, startMs: number, endMs: number) => ({ method: 'POST', path, startMs, endMs });
const doings: Doings = {
  calls: [
    call('/containers/create', 10, 15),
    call('/containers/4f1c/attach', 16, 17),
    call('/containers/4f1c/start', 20, 48),
  ],
  connectedMs: 25,
  trace: readTrace(lines, 30),
};

test('the client, its calls, the engine’s work, the runtime’s steps by purpose, the service', () => {
  expect(containerPhases(doings, 52)).toEqual([
    { name: 'client', startMs: 0, endMs: 10 },
    { name: 'create', startMs: 10, endMs: 15 },
    { name: 'attach', startMs: 15, endMs: 20 },
    { name: 'network', startMs: 20, endMs: 25 },
    { name: 'shim', startMs: 25, endMs: 30 },
    { name: 'prepare', startMs: 30, endMs: 34 },
    { name: 'cgroup', startMs: 34, endMs: 36 },
    { name: 'namespaces', startMs: 36, endMs: 39 },
    { name: 'mounts', startMs: 39, endMs: 42 },
    { name: 'root', startMs: 42, endMs: 44 },
    { name: 'privileges', startMs: 44, endMs: 44 },
    { name: 'service', startMs: 44, endMs: 52 },
  ]);
});

test('while it runs, what is known so far', () => {
  const soFar: Doings = { calls: doings.calls.slice(0, 1), connectedMs: undefined, trace: undefined };
  expect(containerPhases(soFar)).toEqual([
    { name: 'client', startMs: 0, endMs: 10 },
    { name: 'create', startMs: 10, endMs: 15 },
    { name: 'attach', startMs: 15 },
  ]);
  expect(containerPhases({ calls: [], connectedMs: undefined, trace: undefined })).toEqual([
    { name: 'client', startMs: 0 },
  ]);
});

test.each([-40, 40])('clocks that disagree by %s ms push no phase out of what the client saw', (shift) => {
  const shifted: Doings = {
    calls: doings.calls.map((it) => ({ ...it, startMs: it.startMs + shift, endMs: it.endMs + shift })),
    connectedMs: 25 + shift,
    trace: readTrace(lines, 30 + shift),
  };
  const phases = containerPhases(shifted, 52);
  phases.forEach((phase, index) => {
    expect(phase.startMs).toBeGreaterThanOrEqual(0);
    expect(phase.endMs).toBeGreaterThanOrEqual(phase.startMs);
    expect(phase.endMs).toBe(phases[index + 1]?.startMs ?? 52);
  });
});
