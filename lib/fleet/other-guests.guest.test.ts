import { afterEach, expect, test } from 'vitest';
import type { Machine, MachineProfile } from '../machine/machine';
import { nodeParts } from './node-parts';
import { bareMetal, memoryTest } from './profiles';

let machine: Machine | undefined;
afterEach(() => machine?.dispose());

/** Powers on, and gives the screen as it changes, in plain text. */
async function start(profile: MachineProfile) {
  machine = nodeParts.createMachine(profile);
  let screen = '';
  const waiting = new Set<() => void>();
  machine.console.onOutput((bytes) => {
    screen = new TextDecoder().decode(bytes).replaceAll(/\x1b\[[0-9;?]*[a-zA-Z]/g, '');
    for (const look of waiting) look();
  });
  await machine.powerOn({ type: 'cold' });
  const shows = (wanted: RegExp) =>
    new Promise<RegExpExecArray>((resolve) => {
      const look = () => {
        const found = wanted.exec(screen);
        if (found) resolve(found);
        return found !== null;
      };
      if (!look()) waiting.add(look);
    });
  return { machine, shows };
}

test('a boot sector counts timer interrupts on the screen', async () => {
  const { machine, shows } = await start(bareMetal);
  expect(machine.phases.get().map(({ phase }) => phase)).toEqual(['firmware', 'ready']);
  await shows(/No Linux here: 512 bytes/);
  await shows(/Timer interrupts: 0000000[1-9]\d\d/);
  expect((await machine.readCounters()).interrupts).toBeGreaterThanOrEqual(100);
});

test('a memory tester finds the memory, and listens to the keyboard', async () => {
  const { machine, shows } = await start(memoryTest);
  await shows(/Memory\s*:\s*3\dMB/i);
  machine.console.write(new TextEncoder().encode('\x1bOP'));
  await shows(/Settings/);
});

test('a machine with a screen can be kept and goes on', async () => {
  const { machine: first, shows } = await start(bareMetal);
  await shows(/Timer interrupts: 00000000[5-9]\d/);
  const bytes = await first.snapshot();
  first.dispose();
  machine = nodeParts.createMachine(bareMetal);
  let screen = '';
  machine.console.onOutput((drawn) => (screen = new TextDecoder().decode(drawn)));
  await machine.powerOn({ type: 'snapshot', bytes });
  await expect.poll(() => screen, { timeout: 20_000 }).toMatch(/Timer interrupts: 0000000[1-9]\d\d/);
});
