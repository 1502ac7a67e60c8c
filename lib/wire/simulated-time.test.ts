import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededRandom } from './seeded-random';
import { SimulatedTime } from './simulated-time';

test('events happen in order of their time, those of one moment in order of asking', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9 })), (delays) => {
      const time = new SimulatedTime();
      const happened: { delay: number; index: number }[] = [];
      delays.forEach((delay, index) =>
        time.after(delay, () => {
          expect(time.now()).toBe(delay);
          happened.push({ delay, index });
        }),
      );
      time.runUntilIdle();
      const sorted = delays.map((delay, index) => ({ delay, index })).sort((a, b) => a.delay - b.delay);
      expect(happened).toEqual(sorted);
    }),
  );
});

test('time passes as far as it is told, and what was taken back does not happen', () => {
  const time = new SimulatedTime();
  const happened: number[] = [];
  time.after(10, () => time.soon(() => happened.push(time.now())));
  time.after(20, () => happened.push(20)).dispose();
  time.after(31, () => happened.push(31));
  time.run(30);
  expect([...happened, time.now()]).toEqual([10, 30]);
});

test('an endless loop is an error, not a test that hangs', () => {
  const time = new SimulatedTime();
  const again = () => void time.soon(again);
  again();
  expect(() => time.runUntilIdle(1000)).toThrow('still busy');
});

test('a seed gives its numbers, spread evenly', () => {
  const [one, same, other] = [seededRandom(1), seededRandom(1), seededRandom(2)];
  const numbers = Array.from({ length: 10_000 }, one);
  expect(Array.from({ length: 10_000 }, same)).toEqual(numbers);
  expect(other()).not.toBe(numbers[0]);
  const tenths = new Array<number>(10).fill(0);
  for (const number of numbers) tenths[Math.floor(number * 10)] = (tenths[Math.floor(number * 10)] ?? 0) + 1;
  for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(150);
});
