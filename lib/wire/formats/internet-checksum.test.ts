import fc from 'fast-check';
import { expect, test } from 'vitest';
import { internetChecksum } from './internet-checksum';

/** As the RFC words it: 16 bits at a time, carries added at the end. */
function byTheBook(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

test("the example of RFC 1071 and an IPv4 header give the RFC's sums", () => {
  const bytes = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
  expect(internetChecksum(bytes)).toBe(~0xddf2 & 0xffff);
});

test('words of 32 bits give the same sum as words of 16', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat(3), (bytes, skip) => {
      const view = bytes.subarray(Math.min(skip, bytes.length));
      expect(internetChecksum(view)).toBe(byTheBook(view));
    }),
  );
  expect(internetChecksum(new Uint8Array(65_535).fill(255))).toBe(
    byTheBook(new Uint8Array(65_535).fill(255)),
  );
});
