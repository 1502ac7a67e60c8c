import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MacTable, noRoom, nowhere } from './mac-table';

const age = 1000;

test('an address is where it was last seen, until it has been silent for too long', () => {
  const table = new MacTable(age);
  expect(table.learn(0x10001, 7, 3, 0)).toBe(nowhere);
  expect(table.learn(0x10001, 7, 3, 500)).toBe(3);
  expect(table.find(0x10001, 7, 1500)).toBe(3);
  expect(table.find(0x10001, 7, 1501)).toBe(nowhere);
  expect(table.find(0x20001, 7, 500)).toBe(nowhere);
  expect(table.learn(0x10001, 7, 4, 600)).toBe(3);
  expect(table.entries(700)).toEqual([{ vlan: 1, mac: 0x0001_0000_0007, port: 4, ageMs: 100 }]);
});

test('a flood of addresses costs no memory and pushes nobody out who speaks', () => {
  const table = new MacTable(age);
  table.learn(0x10200, -1, 1, 0);
  let refused = 0;
  for (let number = 0; number < 100_000; number += 1)
    if (table.learn(0x10200, number, 2, 1) === noRoom) refused += 1;
  expect(refused).toBeGreaterThan(90_000);
  expect(table.entries(1).length).toBeLessThanOrEqual(2048);
  expect(table.find(0x10200, -1, 1)).toBe(1);
  // When the flood is over, its places are free again.
  expect(table.learn(0x10200, 99_999, 1, 2 * age)).toBe(nowhere);
});

test('agrees with a map that is never full', () => {
  const steps = fc.array(
    fc.record({
      lower: fc.integer({ min: -4, max: 4 }),
      upper: fc.constantFrom(0x10200, 0x20200),
      port: fc.integer({ min: 0, max: 3 }),
      wait: fc.constantFrom(0, 1, age / 2, age + 1),
      act: fc.constantFrom('learn', 'learn', 'find', 'forget' as const),
    }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(steps, (all) => {
      const table = new MacTable(age);
      const model = new Map<string, { port: number; at: number }>();
      let now = 0;
      for (const { lower, upper, port, wait, act } of all) {
        now += wait;
        const key = `${upper}/${lower}`;
        const known = model.get(key);
        const expected = known && now - known.at <= age ? known.port : nowhere;
        if (act === 'find') expect(table.find(upper, lower, now)).toBe(expected);
        else if (act === 'learn') {
          const learned = table.learn(upper, lower, port, now);
          // 18 addresses in rows of 8 may meet in one.
          if (learned === noRoom) return;
          expect(learned).toBe(expected);
          model.set(key, { port, at: now });
        } else {
          table.forget(port);
          for (const [other, entry] of model) if (entry.port === port) model.delete(other);
        }
      }
    }),
  );
});
