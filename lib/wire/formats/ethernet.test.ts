import fc from 'fast-check';
import { expect, test } from 'vitest';
import { broadcastMac } from './addresses';
import { etherTypes, parseEthernet, writeEthernet } from './ethernet';
import type { FieldSpan } from './field-reader';
import { expectCalm } from './foreign-bytes';

const tag = fc.record({
  tpid: fc.constantFrom(etherTypes.vlan, etherTypes.serviceVlan),
  pcp: fc.nat(7),
  dei: fc.boolean(),
  vid: fc.nat(4095),
});
const header = fc.record({
  destination: fc.nat(broadcastMac),
  source: fc.nat(broadcastMac),
  tags: fc.array(tag, { maxLength: 4 }),
  etherType: fc.constantFrom(etherTypes.ipv4, etherTypes.arp, etherTypes.ipv6),
});

test('frames survive being written, with tags and without', () => {
  fc.assert(
    fc.property(header, fc.uint8Array(), (fields, payload) => {
      const parsed = parseEthernet(writeEthernet(fields, payload));
      expect(parsed).toEqual({ header: fields, payload, fault: undefined });
    }),
  );
});

test('a frame of IEEE 802.3 has a length for its type, and everything else all the same', () => {
  const bytes = writeEthernet({ destination: 1, source: 2, tags: [], etherType: 38 }, new Uint8Array(46));
  const { header: fields, payload, fault } = parseEthernet(bytes);
  expect(fields.destination).toBe(1);
  expect(payload.length).toBe(46);
  expect(fault).toEqual({ field: 'type', reason: 'is 38: a length (IEEE 802.3), not a type', offset: 12 });
});

test('fields are found among the bytes', () => {
  const spans: FieldSpan[] = [];
  const fields = {
    destination: 1,
    source: 2,
    tags: [{ tpid: 0x8100, pcp: 0, dei: false, vid: 7 }],
    etherType: 0x800,
  };
  parseEthernet(writeEthernet(fields, new Uint8Array(0)), spans);
  expect(spans.map(({ field, offset, length }) => `${field} ${offset}+${length}`)).toEqual([
    'destination 0+6',
    'source 6+6',
    'type 12+2',
    'tag control information 14+2',
    'type 16+2',
  ]);
});

test('any bytes are taken calmly', () => {
  expectCalm(
    parseEthernet,
    fc.sample(header, 5).map((fields) => writeEthernet(fields, new Uint8Array(46))),
  );
});
