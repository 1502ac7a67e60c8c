import { afterEach, expect, test } from 'vitest';
import { nodeParts } from '../fleet/node-parts';
import { repairIdentity, startHost, type StartedMachine } from '../fleet/start-machine';
import { crossover } from './cable';

let started: StartedMachine[] = [];
afterEach(() => {
  for (const { machine } of started) machine.dispose();
  started = [];
});

async function host(number: number): Promise<StartedMachine> {
  const one = await startHost(nodeParts, 'snapshot');
  started.push(one);
  await repairIdentity(one.guest, nodeParts, {
    mac: `02:00:00:00:00:0${number}`,
    address: `10.0.0.${number}/24`,
  });
  return one;
}

async function ping({ guest }: StartedMachine, address: string) {
  const { status, stdout } = await guest.run({ argv: ['ping', '-c', '3', '-W', '2', address] });
  return { status, output: new TextDecoder().decode(stdout) };
}

test('two machines reach each other over a cable, and no longer when it is pulled out', async () => {
  const left = await host(1);
  const right = await host(2);
  const cable = await crossover(left.machine, right.machine);
  expect((await ping(left, '10.0.0.2')).output).toContain('3 packets received');
  expect((await ping(right, '10.0.0.1')).output).toContain('3 packets received');
  const { framesSent, framesReceived } = await left.machine.readCounters();
  expect(framesSent).toBeGreaterThanOrEqual(6);
  expect(framesReceived).toBeGreaterThanOrEqual(6);
  cable.dispose();
  expect((await ping(left, '10.0.0.2')).status).toEqual({ type: 'exited', code: 1 });
});
