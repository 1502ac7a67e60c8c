import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectCalm } from './foreign-bytes';
import { isFragment, parseIpv4, writeIpv4 } from './ipv4';

const fields = fc.record({
  dscp: fc.nat(63),
  ecn: fc.nat(3),
  identification: fc.nat(0xffff),
  dontFragment: fc.boolean(),
  moreFragments: fc.boolean(),
  fragmentOffset: fc.nat(0x1fff).map((units) => units * 8),
  timeToLive: fc.nat(255),
  protocol: fc.nat(255),
  source: fc.nat(0xffff_ffff),
  destination: fc.nat(0xffff_ffff),
  options: fc.uint8Array({ maxLength: 10 }).map((bytes) => new Uint8Array(bytes.length * 4).fill(1)),
});

test('packets survive being written, with options and as fragments', () => {
  fc.assert(
    fc.property(fields, fc.uint8Array(), (header, payload) => {
      const parsed = parseIpv4(writeIpv4(header, payload));
      expect(parsed.fault).toBeUndefined();
      expect(parsed.payload).toEqual(payload);
      expect(parsed.header).toMatchObject(header);
      expect(parsed.header.totalLength).toBe(20 + header.options.length + payload.length);
      expect(isFragment(parsed.header)).toBe(header.moreFragments || header.fragmentOffset > 0);
    }),
  );
});

test("Ethernet's padding is no payload", () => {
  const packet = writeIpv4({ protocol: 6, source: 1, destination: 2 }, Uint8Array.of(1, 2));
  const frame = new Uint8Array(46);
  frame.set(packet);
  expect(parseIpv4(frame).payload).toEqual(Uint8Array.of(1, 2));
});

test('what is wrong has the name of its field', () => {
  const packet = writeIpv4({ protocol: 6, source: 1, destination: 2 }, new Uint8Array(10));
  const altered = (at: number, byte: number) => {
    const bytes = packet.slice();
    bytes[at] = byte;
    return parseIpv4(bytes).fault?.field;
  };
  expect(altered(0, 0x65)).toBe('version');
  expect(altered(0, 0x44)).toBe('IHL');
  expect(altered(8, 1)).toBe('header checksum');
  expect(parseIpv4(packet.subarray(0, 25)).fault).toEqual({
    field: 'total length',
    reason: 'says 30 bytes, of which 25 are there',
    offset: 2,
  });
  expect(parseIpv4(packet.subarray(0, 14)).fault?.field).toBe('source address');
});

test('any bytes are taken calmly', () => {
  expectCalm(
    parseIpv4,
    fc.sample(fields, 5).map((header) => writeIpv4(header, new Uint8Array(30))),
  );
});
