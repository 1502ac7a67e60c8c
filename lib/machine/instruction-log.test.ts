import { expect, test } from 'vitest';
import { InstructionLog, instructionsAt } from './instruction-log';

test('between two notes instructions are executed evenly, while the guest sleeps none are', () => {
  const log = new InstructionLog();
  log.note(100, 0);
  log.note(110, 1000);
  for (let atMs = 111; atMs <= 150; atMs += 1) log.note(atMs, 1000);
  log.note(160, 3000);
  const history = log.read();
  expect([...history.atMs]).toEqual([100, 110, 150, 160]);
  expect([99, 100, 105, 110, 130, 150, 155, 160, 1000].map((ms) => instructionsAt(history, ms))).toEqual([
    undefined,
    0,
    500,
    1000,
    1000,
    1000,
    2000,
    3000,
    3000,
  ]);
});

test('the oldest notes go when there are too many', () => {
  const log = new InstructionLog();
  for (let note = 0; note < 100_000; note += 1) log.note(note, note * 10);
  const history = log.read();
  expect(history.atMs.length).toBeLessThan(20_000);
  expect(instructionsAt(history, 99_999)).toBe(999_990);
  expect(instructionsAt(history, 99_000.5)).toBe(990_005);
  expect(instructionsAt(history, 10)).toBeUndefined();
});

test('of nothing, nothing is known', () => {
  expect(instructionsAt(new InstructionLog().read(), 1)).toBeUndefined();
});
