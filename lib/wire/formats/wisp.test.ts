import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectCalm } from './foreign-bytes';
import { parseWisp, type WispPacket, writeWisp } from './wisp';

const u8 = fc.nat(255);
const stream = fc.nat(0xffff_ffff);
type Written = Exclude<WispPacket, { type: 'unknown' }>;
const packet: fc.Arbitrary<Written> = fc.oneof(
  fc.record({
    type: fc.constant('connect' as const),
    stream,
    streamType: u8,
    port: fc.nat(0xffff),
    host: fc.stringMatching(/^[a-z.]{1,40}$/),
  }),
  fc.record({ type: fc.constant('data' as const), stream, bytes: fc.uint8Array() }),
  fc.record({ type: fc.constant('continue' as const), stream, packets: stream }),
  fc.record({ type: fc.constant('close' as const), stream, reason: u8 }),
  fc.record({ type: fc.constant('info' as const), stream, major: u8, minor: u8 }),
);

test('packets survive being written', () => {
  fc.assert(
    fc.property(packet, (fields) => {
      const { header, fault } = parseWisp(writeWisp(fields));
      expect(fault).toBeUndefined();
      expect(header).toEqual(fields);
    }),
  );
});

test('numbers are little endian', () => {
  expect(writeWisp({ type: 'continue', stream: 1, packets: 2 })).toEqual(
    Uint8Array.of(3, 1, 0, 0, 0, 2, 0, 0, 0),
  );
  expect(parseWisp(Uint8Array.of(9, 1, 0, 0, 0))).toMatchObject({
    header: { type: 'unknown', stream: 1, code: 9 },
    fault: { field: 'type' },
  });
});

test('any bytes are taken calmly', () => {
  expectCalm(parseWisp, fc.sample(packet, 10).map(writeWisp));
});
