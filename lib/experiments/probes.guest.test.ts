import { randomFillSync } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DisposableStack } from '../base/lifecycle';
import { type StartParts, type StartedMachine, startHost } from '../fleet/start-machine';
import { connectGuest } from '../guest/connect-guest';
import type { GuestPty } from '../guest/guest';
import { createNodeMachine } from '../machine/node-platform';
import { containerId, inContainer, joinPair, neighbours, openContainerShell } from './probes/pair';
import type { ProbeRow } from './probes/probe';
import type { ContainerStart } from './probes/start';
import { startHostProcess, survey } from './probes/survey';
import { measureBusyNeighbour, tryToCrash } from './probes/trials';

const parts: StartParts = {
  createMachine: (profile) => createNodeMachine(profile),
  connectGuest,
  now: () => performance.now(),
  unixNs: () => BigInt(Date.now()) * 1_000_000n,
  fillRandom: (bytes) => void randomFillSync(bytes),
};

const stack = new DisposableStack();
let host: StartedMachine;
let machine: StartedMachine;
let containerStart: ContainerStart | undefined;
let rows: ReadonlyMap<string, ProbeRow>;

beforeAll(async () => {
  [host, machine] = await Promise.all([startHost(parts, 'snapshot'), startHost(parts, 'snapshot')]);
  for (const { guest, machine: emulated } of [host, machine]) {
    stack.add(emulated);
    stack.add(guest);
  }
  stack.add(await joinPair(host, machine, parts));
  const { shell, start } = await openContainerShell(host.guest, parts, new AbortController().signal);
  stack.add(shell);
  await firstBytes(shell);
  containerStart = await start;
  const taken = await survey(
    {
      host: host.guest,
      machine: machine.guest,
      containerId,
      neighbours,
      hostProcess: await startHostProcess(host.guest),
    },
    new AbortController().signal,
  );
  rows = new Map(taken.map((row) => [row.id, row]));
});
afterAll(() => stack.dispose());

function firstBytes(shell: GuestPty): Promise<void> {
  return new Promise((resolve, reject) => {
    shell.onData(() => resolve());
    shell.exit.then(() => reject(new Error('the container ended at once')), reject);
  });
}

function row(id: string): ProbeRow {
  const found = rows.get(id);
  if (!found) throw new Error(`no row ${id}`);
  return found;
}

/** What a cell shows, a line each, or its failure. */
function cell(id: string, side: 'container' | 'machine' | 'host'): string {
  const found = row(id).cells[side];
  return found.type === 'value' ? found.lines.join('\n') : `failure: ${found.reason}`;
}

test('every question is answered on every side', () => {
  const silent = [...rows.values()].flatMap(({ id, cells }) =>
    Object.entries(cells).flatMap(([side, answer]) =>
      answer.type === 'failure' ? [`${id} ${side}: ${answer.reason}`] : [],
    ),
  );
  expect(silent).toEqual([]);
});

test('a container runs on its host’s kernel, a machine on its own', () => {
  expect(row('kernel').verdictOnHost).toBe('same');
  expect(row('kernel').verdict).toBe('different');
  expect(row('command-line').verdictOnHost).toBe('same');
  expect(row('uptime').verdict).toBe('different');
  expect(row('uptime').sentence).toContain('the machine’s first process was started by its kernel');
});

test('a container sees little of its host', () => {
  expect(cell('processes', 'machine')).toContain('kthreadd');
  expect(cell('processes', 'container')).not.toContain('kthreadd');
  expect(row('processes').sentence).toContain('under other numbers');
  expect(cell('hostname', 'machine')).toBe('machine');
  expect(cell('hostname', 'host')).toBe('host');
  expect(cell('hostname', 'container')).not.toBe('host');
  expect(cell('capabilities', 'container')).toContain('14 effective');
  expect(cell('capabilities', 'machine')).toContain('SYS_ADMIN');
  expect(cell('seccomp', 'container')).toContain('1 filter');
  expect(cell('seccomp', 'machine')).toContain('off');
  expect(cell('memory', 'container')).toContain('limit of its group 128 MiB');
  expect(cell('cgroup', 'container')).toContain('at most 256 processes');
  expect(row('namespaces').sentence).toMatch(/shares .*user.* with its host/);
});

test('a container may do less to its host than a machine to itself', () => {
  for (const id of ['sysctl', 'mount', 'sysrq', 'kernel-log']) {
    expect([id, cell(id, 'container').split('\n')[0], cell(id, 'machine')]).toEqual([
      id,
      'refused',
      'allowed',
    ]);
  }
  expect(cell('signal', 'container')).toMatch(/^no/);
  expect(cell('signal', 'host')).toBe('yes');
  expect(cell('raw-frames', 'container')).toBe('allowed');
});

test('both are on networks that carry packets', () => {
  expect(cell('interfaces', 'container')).toContain('172.17.');
  expect(cell('interfaces', 'machine')).toContain('10.0.0.2/24');
  expect(cell('ping', 'container')).toContain('answered');
  expect(cell('ping', 'machine')).toContain('answered');
  expect(cell('link-neighbours', 'machine')).toContain('10.0.0.1');
});

test('the start of the container was watched, from the client’s calls to the runtime’s steps', () => {
  expect(containerStart?.totalMs).toBeGreaterThan(0);
  const steps = containerStart?.steps.map(({ name }) => name);
  expect(steps).toEqual(expect.arrayContaining(['create', 'network', 'namespaces']));
});

test('a busy container takes from its host and not from the machine, and its loop is stopped again', async () => {
  const place = { guest: host.guest, prefix: inContainer };
  const { signal } = new AbortController();
  const { alone, beside } = await measureBusyNeighbour(
    place,
    { host, machine },
    () => performance.now(),
    signal,
  );
  expect(beside.host.instructions / alone.host.instructions).toBeGreaterThan(1.1);
  expect(beside.machine.instructions / alone.machine.instructions).toBeLessThan(1.1);
  const { stdout } = await host.guest.run({ argv: [...inContainer, 'ps'] });
  expect(new TextDecoder().decode(stdout)).not.toContain('until');
});

test('a container cannot crash its host, a machine can crash itself, and the host goes on', async () => {
  expect(await tryToCrash({ guest: host.guest, prefix: inContainer })).toMatch(/Read-only/);
  await expect(tryToCrash({ guest: machine.guest, prefix: [] })).rejects.toThrow();
  expect(machine.machine.state.get()).toMatchObject({ type: 'failed', error: { code: 'guest-panicked' } });
  expect((await host.guest.metrics()).uptimeMs).toBeGreaterThan(0);
});
