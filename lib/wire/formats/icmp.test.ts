import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectCalm } from './foreign-bytes';
import { parseIcmp, writeIcmp } from './icmp';

const fields = fc.record({ type: fc.nat(255), code: fc.nat(255), restOfHeader: fc.nat(0xffff_ffff) });

test('messages survive being written', () => {
  fc.assert(
    fc.property(fields, fc.uint8Array(), (header, payload) => {
      const parsed = parseIcmp(writeIcmp(header, payload));
      expect(parsed.fault).toBeUndefined();
      expect(parsed.header).toMatchObject(header);
      expect(parsed.payload).toEqual(payload);
    }),
  );
});

test('a flipped bit is noticed', () => {
  const bytes = writeIcmp({ type: 8, code: 0, restOfHeader: 1 }, Uint8Array.of(1, 2, 3));
  bytes[9] = 3;
  expect(parseIcmp(bytes).fault?.field).toBe('checksum');
});

test('any bytes are taken calmly', () => {
  expectCalm(
    parseIcmp,
    fc.sample(fields, 5).map((header) => writeIcmp(header, new Uint8Array(9))),
  );
});
