import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PacketLog } from './packet-log';

const packet = (timeNs: number) => ({
  point: 0,
  direction: 'in' as const,
  timeNs: BigInt(timeNs),
  bytes: new Uint8Array(60),
  length: 60,
});

test('packets of all sources are in order of time, the oldest make room, and what is gone is counted', () => {
  const batches = fc.array(fc.array(fc.nat(1000), { maxLength: 20 }), { maxLength: 10 });
  fc.assert(
    fc.property(batches, fc.integer({ min: 1, max: 30 }), (all, most) => {
      const log = new PacketLog({ packets: most, bytes: 20 * 260 });
      let sent = 0;
      for (const times of all) {
        log.add(times.map(packet));
        sent += times.length;
        const { packets, gone } = log.content.get();
        const told = packets.map(({ timeNs }) => Number(timeNs));
        expect(told).toEqual([...told].sort((one, other) => one - other));
        expect(told.length).toBeLessThanOrEqual(Math.min(most, 20));
        expect(told.length + gone).toBe(sent);
      }
      const numbers = log.content.get().packets.map(({ number }) => number);
      expect(new Set(numbers).size).toBe(numbers.length);
    }),
  );
});

test('what captures lost themselves is counted with it', () => {
  const log = new PacketLog();
  log.add([packet(1)], 3);
  log.add([], 2);
  expect(log.content.get()).toMatchObject({ gone: 5 });
  log.clear();
  expect(log.content.get()).toEqual({ packets: [], gone: 0 });
});
