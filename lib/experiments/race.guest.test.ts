import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeParts } from '../fleet/node-parts';
import { startEngine } from '../fleet/start-engine';
import type { StartedMachine } from '../fleet/start-machine';
import { createNodeWire } from '../wire/node-wire';
import { Race } from './race';
import { lanes } from './race-sample';
import { raceMachine, RaceWire } from './race-wire';

const wire = createNodeWire();
let host: StartedMachine;
beforeAll(async () => {
  host = await startEngine(nodeParts, 'cold', new AbortController().signal);
});
afterAll(() => {
  wire.dispose();
  host.guest.dispose();
  host.machine.dispose();
});

test('both lanes become ready, twice, and leave nothing behind', async () => {
  const race = new Race({
    now: nodeParts.now,
    unixMs: () => Number(nodeParts.unixNs() / 1000n) / 1000,
    host,
    wire: await RaceWire.open(wire, host, nodeParts),
    newMachine: () => nodeParts.createMachine(raceMachine),
  });
  await race.run(2, 'in-turn', new AbortController().signal);
  const failed = lanes
    .map((lane) => race.progress.get().lanes[lane])
    .filter((lane) => lane.type === 'failed');
  expect(failed).toEqual([]);
  const samples = race.samples.get();
  expect(samples.map(({ run, lane }) => `${run} ${lane}`)).toEqual([
    '1 machine',
    '1 container',
    '2 machine',
    '2 container',
  ]);
  for (const sample of samples) {
    expect(sample.memoryBytes).toBeGreaterThan(0);
    expect(sample.instructions).toBeGreaterThan(0);
    // Phases follow one another without gaps and end at ready.
    expect(sample.phases[0]?.startMs).toBe(0);
    sample.phases.forEach((phase, index) => {
      const next = sample.phases[index + 1];
      expect(phase.endMs).toBeCloseTo(next?.startMs ?? sample.readyMs, 0);
    });
  }
  expect(race.output.machine.get()).toContain('hullweb');

  const container = samples.findLast(({ lane }) => lane === 'container');
  expect(container?.phases.map(({ name }) => name)).toEqual([
    ...['client', 'create', 'attach', 'network', 'shim'],
    ...['prepare', 'cgroup', 'namespaces', 'mounts', 'root', 'privileges', 'service'],
  ]);
  // Every phase was counted, and together they are the whole.
  const counted = container?.phases.map(({ instructions = NaN }) => instructions) ?? [];
  expect(Math.min(...counted)).toBeGreaterThanOrEqual(0);
  expect(counted.reduce((sum, count) => sum + count, 0) / (container?.instructions ?? 0)).toBeCloseTo(1, 3);

  const list = await host.guest.run({ argv: ['docker', 'ps', '--all', '--quiet'] });
  expect(new TextDecoder().decode(list.stdout)).toBe('');
});
