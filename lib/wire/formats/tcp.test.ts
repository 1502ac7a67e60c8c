import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectCalm } from './foreign-bytes';
import { parseTcp, tcpFlags, type TcpOptions, writeTcp } from './tcp';

const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffff_ffff);
const addresses = { source: 0x0a00_0001, destination: 0x0a00_0002 };
const synOptions = fc.record(
  {
    maximumSegmentSize: u16,
    windowScale: fc.nat(14),
    sackPermitted: fc.constant(true),
    timestamps: fc.record({ value: u32, echoReply: u32 }),
  },
  { requiredKeys: [] },
);
const laterOptions = fc.record(
  {
    timestamps: fc.record({ value: u32, echoReply: u32 }),
    sack: fc.array(fc.record({ left: u32, right: u32 }), { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: [] },
);
const header = fc.record({
  sourcePort: u16,
  destinationPort: u16,
  sequenceNumber: u32,
  acknowledgmentNumber: u32,
  flags: fc.nat(255),
  window: u16,
  urgentPointer: u16,
  options: fc.oneof<fc.Arbitrary<TcpOptions>[]>(synOptions, laterOptions),
});

test('segments survive being written, with every option', () => {
  fc.assert(
    fc.property(header, fc.uint8Array(), (fields, payload) => {
      const parsed = parseTcp(writeTcp(fields, payload, addresses), addresses);
      expect(parsed.fault).toBeUndefined();
      expect(parsed.header).toMatchObject(fields);
      expect(parsed.payload).toEqual(payload);
    }),
  );
});

/** A SYN without options, and room for four bytes of them. */
function withOptions(...options: number[]): Uint8Array {
  const fields = {
    sourcePort: 1,
    destinationPort: 2,
    sequenceNumber: 3,
    acknowledgmentNumber: 0,
    flags: tcpFlags.syn,
    window: 100,
    urgentPointer: 0,
    options: {},
  };
  const bytes = new Uint8Array(20 + options.length);
  bytes.set(writeTcp(fields, new Uint8Array(0), addresses));
  bytes.set(options, 20);
  bytes[12] = ((20 + options.length) / 4) << 4;
  return bytes;
}

test('options that nobody knows are skipped, damaged ones are named and those before them kept', () => {
  expect(parseTcp(withOptions(254, 4, 1, 1, 2, 4, 5, 0xb4)).header.options).toEqual({
    maximumSegmentSize: 1460,
  });
  const cut = parseTcp(withOptions(2, 4, 5, 0xb4, 8, 10, 0, 0));
  expect(cut.fault).toMatchObject({ field: 'option length', offset: 20 });
  expect(cut.header.options).toEqual({ maximumSegmentSize: 1460 });
  for (const endless of [withOptions(2, 0, 0, 0), withOptions(3, 1, 0, 0), withOptions(5, 4, 0, 0)])
    expect(parseTcp(endless).fault?.field).toBe('option length');
});

test('a data offset that cannot be is named, and so is a wrong checksum', () => {
  const bytes = withOptions();
  expect(parseTcp(bytes, addresses).fault).toBeUndefined();
  expect(parseTcp(bytes, { source: 0, destination: 0 }).fault?.field).toBe('checksum');
  bytes[12] = 0x40;
  expect(parseTcp(bytes).fault?.field).toBe('data offset');
  bytes[12] = 0xf0;
  expect(parseTcp(bytes).fault?.field).toBe('options');
});

test('any bytes are taken calmly', () => {
  const real = fc.sample(header, 5).map((fields) => writeTcp(fields, new Uint8Array(30), addresses));
  expectCalm(parseTcp, real);
  expectCalm((bytes) => parseTcp(bytes, addresses), real);
});
