import { expect, test } from 'vitest';
import { spreadOf } from './statistics';

test('of nothing there is no spread', () => expect(spreadOf([])).toBeUndefined());

test('the median of an even number of samples lies between the middle two', () => {
  expect(spreadOf([9, 1, 4, 2])).toEqual({ min: 1, median: 3, max: 9, n: 4 });
  expect(spreadOf([5, 3, 4])).toEqual({ min: 3, median: 4, max: 5, n: 3 });
});
