import { expect, test } from 'vitest';
import { CompilerSwitch } from './compiler-switch';

/** Instructions a millisecond. */
const interpreted = 25_000;

/** A machine that is `compiled` times as fast as an interpreter while its compiler is on. */
function machine() {
  const switched: boolean[] = [];
  const compiler = new CompilerSwitch((on) => switched.push(on));
  const now = { atMs: 0, busyMs: 0, instructions: 0 };
  const idle = (ms: number) => {
    for (const end = now.atMs + ms; now.atMs < end;) {
      now.atMs += 28;
      now.busyMs += 0.1;
      now.instructions += 3000;
      compiler.observe({ ...now });
    }
  };
  const work = (instructions: number, compiled: (executed: number) => number) => {
    let executed = 0;
    for (const end = now.instructions + instructions; now.instructions < end;) {
      const fast = switched.at(-1) === true;
      const ms = 100_000 / (interpreted * (fast ? compiled(executed) : 1));
      if (fast) executed += 100_000;
      now.atMs += ms;
      now.busyMs += ms;
      now.instructions += 100_000;
      compiler.observe({ ...now });
    }
  };
  return { switched, idle, work };
}

/** What is compiled pays after some ten million instructions. */
const loop = (executed: number) => (executed < 20_000_000 ? 0.8 : 5);
/** Other code all the time: the compiler runs after it. */
const variety = () => 0.4;
const modest = () => 1;

test('a boot and short commands are interpreted', () => {
  const { switched, idle, work } = machine();
  work(33_000_000, loop);
  for (let command = 0; command < 10; command += 1) {
    idle(1000);
    work(15_000_000, loop);
  }
  expect(switched).toEqual([false]);
});

test('a loop is compiled until the guest idles', () => {
  const { switched, idle, work } = machine();
  work(1_000_000_000, loop);
  expect(switched).toEqual([false, true]);
  idle(1000);
  expect(switched).toEqual([false, true, false]);
  work(50_000_000, loop);
  expect(switched).toEqual([false, true, false, true]);
});

test.each([
  ['slows the guest down', variety],
  ['gains nothing', modest],
])('a compiler that %s is tried ever more rarely', (_, compiled) => {
  const { switched, work } = machine();
  const attempts = () => switched.filter((on) => on).length;
  work(1_000_000_000, compiled);
  const soon = attempts();
  work(1_000_000_000, compiled);
  expect(soon).toBeGreaterThan(1);
  expect(attempts() - soon).toBeLessThan(soon);
  expect(attempts() - soon).toBeGreaterThan(0);
});

test('where the compiler slows the guest down it is off most of the time', () => {
  const { switched, work } = machine();
  let compiling = 0;
  for (let million = 0; million < 1000; million += 1) {
    if (switched.at(-1) === true) compiling += 1;
    work(1_000_000, variety);
  }
  expect(compiling).toBeLessThan(60);
});

test('a loop that gives way to other code is given up, and the next one is compiled as soon as the first', () => {
  const { switched, work } = machine();
  work(200_000_000, loop);
  work(20_000_000, variety);
  expect(switched).toEqual([false, true, false]);
  work(45_000_000, loop);
  expect(switched).toEqual([false, true, false, true]);
});
