import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exampleFrame } from '../example-frames';
import { ethernetOf } from '../frame-header';
import { Capture } from './capture';

test('what is kept is as long as allowed, with its true length, its point and its time', () => {
  let now = 5n;
  const capture = new Capture(() => now, { snapBytes: 20, totalBytes: 10_000 });
  const frame = exampleFrame({ from: 1, bytes: 100, mark: 7 });
  capture.add(2, frame, 'in');
  now = 9n;
  capture.add(0, exampleFrame({ from: 2 }).subarray(0, 30), 'out');
  const [first, second] = capture.read().packets;
  expect(first).toEqual({
    number: 0,
    point: 2,
    direction: 'in',
    timeNs: 5n,
    bytes: ethernetOf(frame).slice(0, 20),
    length: 100,
  });
  expect(second).toMatchObject({ number: 1, point: 0, direction: 'out', timeNs: 9n, length: 18 });
  expect(second?.bytes).toHaveLength(18);
});

test('never more than its limit; what is gone is said', () => {
  const frames = fc.array(fc.integer({ min: 60, max: 1514 }), { maxLength: 3000 });
  fc.assert(
    fc.property(
      frames,
      fc.integer({ min: 1000, max: 20_000 }),
      fc.integer({ min: 0, max: 3000 }),
      (sizes, limit, from) => {
        const capture = new Capture(() => 0n, { snapBytes: 2000, totalBytes: limit });
        for (const bytes of sizes) capture.add(0, exampleFrame({ from: 1, bytes }), 'in');
        const { packets, next, gone } = capture.read(from);
        expect(next).toBe(sizes.length);
        expect(packets.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeLessThanOrEqual(limit);
        expect(packets.length + gone).toBe(Math.max(0, sizes.length - from));
        expect(packets.map(({ number }) => number)).toEqual(
          Array.from({ length: packets.length }, (_, index) => next - packets.length + index),
        );
        for (const { number, length } of packets) expect(length).toBe(sizes[number]);
      },
    ),
    { numRuns: 30 },
  );
});
