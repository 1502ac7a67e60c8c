import { expect, test } from 'vitest';
import { CompilerSwitch } from './compiler-switch';

function machine() {
  const switched: boolean[] = [];
  const compiler = new CompilerSwitch((on) => switched.push(on));
  let atMs = 0;
  let instructions = 0;
  const pass = (ms: number, perSecond: number) => {
    for (const end = atMs + ms; atMs < end;) {
      atMs += 10;
      instructions += perSecond / 100;
      compiler.observe(atMs, instructions);
    }
  };
  return { switched, pass };
}

test('a boot and short commands are interpreted', () => {
  const { switched, pass } = machine();
  pass(1000, 33_000_000);
  for (let command = 0; command < 10; command += 1) {
    pass(1000, 100_000);
    pass(500, 20_000_000);
  }
  expect(switched).toEqual([false]);
});

test('what goes on for longer is compiled, until the guest idles', () => {
  const { switched, pass } = machine();
  pass(3000, 30_000_000);
  expect(switched).toEqual([false, true]);
  pass(1000, 100_000);
  expect(switched).toEqual([false, true, false]);
});
