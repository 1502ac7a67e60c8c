import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeParts } from '../fleet/node-parts';
import { web } from '../fleet/profiles';
import { type StartedMachine, startHost } from '../fleet/start-machine';
import { Race } from './race';
import { lanes } from './race-sample';

let host: StartedMachine;
beforeAll(async () => {
  host = await startHost(nodeParts, 'cold');
});
afterAll(() => {
  host.guest.dispose();
  host.machine.dispose();
});

test('both lanes become ready, twice, and leave nothing behind', async () => {
  const race = new Race({
    now: nodeParts.now,
    unixMs: () => Number(nodeParts.unixNs() / 1000n) / 1000,
    host,
    newMachine: () => nodeParts.createMachine(web),
    connectGuest: nodeParts.connectGuest,
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

  const list = await host.guest.run({ argv: ['hullrun', 'list', '--quiet'] });
  expect(new TextDecoder().decode(list.stdout)).toBe('');
});
