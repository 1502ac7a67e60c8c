import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { web } from '../fleet/profiles';
import { createNodeMachine } from './node-platform';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const machines = 20;

/** Bytes of guest memory that the process still holds, once finalizers had their turns. */
async function heldBytes(): Promise<number> {
  for (let turn = 0; turn < 5; turn += 1) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { external, arrayBuffers } = process.memoryUsage();
  return external + arrayBuffers;
}

test(`the memory of ${machines} machines, booted and disposed of one after the other, comes back`, async () => {
  const held: number[] = [];
  for (let index = 0; index < machines; index += 1) {
    const machine = createNodeMachine(web);
    await machine.powerOn({ type: 'cold' });
    machine.dispose();
    expect(machine.state.get()).toEqual({ type: 'off' });
    held.push(await heldBytes());
  }
  const [first = 0, last = 0] = [held[1], held.at(-1)];
  // One machine's memory would be 96 MiB; what may grow is what the engine keeps of code it has compiled.
  expect(last - first).toBeLessThan(web.memoryBytes / 2);
}, 600_000);
