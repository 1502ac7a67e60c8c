import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectCalm } from './foreign-bytes';
import { ntpTimestamp, parseNtp, writeNtp } from './ntp';

const u32 = fc.nat(0xffff_ffff);
const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const exponent = fc.integer({ min: -128, max: 127 });
const packet = fc.record({
  leap: fc.nat(3),
  version: fc.integer({ min: 1, max: 4 }),
  mode: fc.nat(7),
  stratum: fc.nat(255),
  poll: exponent,
  precision: exponent,
  rootDelay: u32,
  rootDispersion: u32,
  referenceId: u32,
  referenceTimestamp: u64,
  originTimestamp: u64,
  receiveTimestamp: u64,
  transmitTimestamp: u64,
});

test('packets survive being written', () => {
  fc.assert(
    fc.property(packet, (fields) => {
      expect(parseNtp(writeNtp(fields))).toEqual({
        header: fields,
        payload: new Uint8Array(0),
        fault: undefined,
      });
    }),
  );
});

test("times count from 1900, and wrap in 2036 as the RFC's table says", () => {
  expect(ntpTimestamp(Date.UTC(1970, 0, 1))).toBe(2_208_988_800n << 32n);
  expect(ntpTimestamp(Date.UTC(2000, 0, 1) + 500)).toBe((3_155_673_600n << 32n) + (1n << 31n));
  expect(ntpTimestamp(Date.UTC(2036, 1, 7, 6, 28, 16))).toBe(0n);
});

test('any bytes are taken calmly', () => {
  expectCalm(parseNtp, fc.sample(packet, 5).map(writeNtp));
});
