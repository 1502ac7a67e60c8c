import { expect, test } from 'vitest';
import fc from 'fast-check';
import { differingLines } from './line-difference';

test('lines that differ, on each side, around those that are common', () => {
  expect(
    differingLines(['/ # hostname', 'container', '/ # id'], ['/ # hostname', 'machine', '/ # id']),
  ).toEqual({
    left: [1],
    right: [1],
    common: 2,
  });
  expect(differingLines(['a', 'b', 'c'], ['a', 'c'])).toEqual({ left: [1], right: [], common: 2 });
  expect(differingLines(['a', '', 'b'], ['a', 'b'])).toEqual({ left: [], right: [], common: 2 });
  expect(differingLines([], [])).toEqual({ left: [], right: [], common: 0 });
});

test('what is left after taking the differing lines away is the same on both sides', () => {
  const texts = fc.array(fc.constantFrom('', 'a', 'b', 'c'), { maxLength: 30 });
  fc.assert(
    fc.property(texts, texts, (left, right) => {
      const difference = differingLines(left, right);
      const kept = (lines: string[], gone: number[]) =>
        lines.filter((line, index) => line !== '' && !gone.includes(index));
      expect(kept(left, difference.left)).toEqual(kept(right, difference.right));
      expect(kept(left, difference.left)).toHaveLength(difference.common);
    }),
  );
});

test('of very long outputs the end is compared', () => {
  const left = Array.from({ length: 5000 }, (_, index) => `line ${index}`);
  const right = [...left.slice(0, -1), 'another end'];
  const difference = differingLines(left, right);
  expect(difference.left).toEqual([4999]);
  expect(difference.right).toEqual([4999]);
});
