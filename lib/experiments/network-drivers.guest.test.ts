import { afterAll, beforeAll, expect, test } from 'vitest';
import { Fleet } from '../fleet/fleet';
import { nodeFleet } from '../fleet/node-fleet';
import { drivers } from './drivers/proof';
import { DriversRun, driversLab } from './network-drivers';

const { signal } = new AbortController();
let fleet: Fleet;
beforeAll(async () => {
  fleet = await Fleet.start(nodeFleet(), driversLab, signal);
  await fleet.settled();
});
afterAll(() => (fleet as Fleet | undefined)?.dispose());

test('each of the five drivers does what Docker’s documentation promises, on two machines with real frames', async () => {
  const run = new DriversRun({ wire: fleet.wire, stations: fleet.stations.get(), now: nodeFleet().now });
  await run.run(signal);
  const steps = run.steps.get();
  expect(steps.map(({ type }) => type)).toEqual(drivers.map(() => 'tried'));
  const findings = steps.map((step) => (step.type === 'tried' ? step.findings : []));
  expect(findings.flat().filter(({ holds }) => !holds)).toEqual([]);
  expect(Math.min(...findings.map(({ length }) => length))).toBeGreaterThanOrEqual(4);
});
