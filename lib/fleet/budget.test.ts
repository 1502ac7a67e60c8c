import { describe, expect, test } from 'vitest';
import { budgetOf, overheadBytes, requireBudget } from './budget';

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;
const host = { memoryBytes: 128 * MiB };
const hosts = (count: number) => Array.from({ length: count }, () => host);

/** How many hosts a device takes, one after another. */
function mostHosts(device: Parameters<typeof budgetOf>[0]): number {
  const budget = budgetOf(device);
  let count = 0;
  try {
    for (; count < 1000; count++) requireBudget(budget, hosts(count), [host]);
  } catch {
    return count;
  }
  return Infinity;
}

describe('how many hosts a device takes', () => {
  test.each([
    ['a small phone', { memoryBytes: GiB, cores: 4 }, 1],
    ['a phone', { memoryBytes: 4 * GiB, cores: 8 }, 5],
    ['a laptop, as browsers tell', { memoryBytes: 8 * GiB, cores: 8 }, 10],
    ['a small server', { memoryBytes: 16 * GiB, cores: 2 }, 4],
    ['one core', { memoryBytes: 8 * GiB, cores: 1 }, 2],
    ['a browser that says nothing', {}, 5],
  ])('%s', (_, device, most) => {
    expect(mostHosts(device)).toBe(most);
  });
});

test('the first machine is never refused', () => {
  const tiny = budgetOf({ memoryBytes: 256 * MiB, cores: 1 });
  expect(() => requireBudget(tiny, [], [host])).not.toThrow();
  expect(() => requireBudget(tiny, [host], [host])).toThrow();
});

test('several at once are counted together, and nobody is refused for what runs already', () => {
  const budget = budgetOf({ memoryBytes: 2 * GiB, cores: 4 });
  expect(() => requireBudget(budget, [], hosts(2))).not.toThrow();
  expect(() => requireBudget(budget, [], hosts(3))).toThrow();
  expect(() => requireBudget(budget, hosts(9), [])).not.toThrow();
});

test('the refusal says what there would be, what there may be, and what to do', () => {
  const refusal = (device: Parameters<typeof budgetOf>[0], count: number) => {
    try {
      requireBudget(budgetOf(device), [], hosts(count));
      return undefined;
    } catch (error) {
      return error;
    }
  };
  expect(overheadBytes).toBe(64 * MiB);
  expect(refusal({ memoryBytes: 2 * GiB, cores: 8 }, 3)).toMatchObject({
    code: 'over-budget',
    message:
      '3 machines are too much for this device: they would take about 576 MiB, and 512 MiB of its 2 GiB of memory are for machines.',
    remedy: 'Power off or remove another machine first, or use a larger computer.',
  });
  expect(refusal({ memoryBytes: 8 * GiB, cores: 1 }, 3)).toMatchObject({
    message:
      '3 machines are too much for this device: 2 at a time are what its one processor core can carry.',
  });
});
