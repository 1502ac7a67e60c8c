import { expect, test } from 'vitest';
import { recordedInput } from './example-graph';
import { mergeGraph } from './merge';
import { type Count, meterKey, Traffic } from './traffic';

const { edges } = mergeGraph(recordedInput);
const cable = edges.find(({ id }) => id === 'cable:left');
if (!cable?.meter) throw new Error('no meter');
const key = meterKey(cable.meter);
const counted = (count: Count) => new Map([[key, count]]);

test('rates are of the time between two counts, in the directions of the picture', () => {
  const traffic = new Traffic();
  traffic.take('wire', counted({ out: 100, in: 50 }), 1000);
  expect(traffic.of(edges).size).toBe(0);
  traffic.take('wire', counted({ out: 120, in: 55 }), 1500);
  expect(traffic.of(edges).get('cable:left')).toEqual({ forward: 40, backward: 10 });
  traffic.take('wire', counted({ out: 120, in: 55 }), 2000);
  expect(traffic.of(edges).size).toBe(0);
});

test('counters that begin anew, and batches at once, give no absurd rates', () => {
  const traffic = new Traffic();
  traffic.take('wire', counted({ out: 100, in: 50 }), 1000);
  traffic.take('wire', counted({ out: 3, in: 0 }), 2000);
  expect(traffic.of(edges).size).toBe(0);
  traffic.take('wire', counted({ out: 5, in: 0 }), 2000);
  expect(traffic.of(edges).get('cable:left')?.forward).toBeLessThanOrEqual(10);
});

test('who is silent is quiet, and who is gone is forgotten', () => {
  const traffic = new Traffic();
  traffic.take('wire', counted({ out: 0, in: 0 }), 0);
  traffic.take('wire', counted({ out: 9, in: 0 }), 1000);
  traffic.settle(2000, 2500, () => true);
  expect(traffic.of(edges).size).toBe(1);
  traffic.settle(4000, 2500, () => true);
  expect(traffic.of(edges).size).toBe(0);
  traffic.take('wire', counted({ out: 19, in: 0 }), 5000);
  expect(traffic.of(edges).get('cable:left')).toEqual({ forward: 10, backward: 0 });
  traffic.settle(5000, 2500, () => false);
  expect(traffic.of(edges).size).toBe(0);
});
