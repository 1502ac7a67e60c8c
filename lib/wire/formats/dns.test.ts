import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type DnsData,
  type DnsMessage,
  type DnsRecord,
  dnsTypes,
  extendedErrors,
  parseDns,
  parseExtendedError,
  writeDns,
  writeExtendedError,
} from './dns';
import { labelsOf } from './dns-name';
import { expectCalm } from './foreign-bytes';

const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffff_ffff);
const label = fc.stringMatching(/^[a-z0-9-]{1,20}$/);
const name = fc.array(label, { maxLength: 5 }).map((labels) => labels.join('.'));

const typed = (type: number, data: fc.Arbitrary<DnsData>): fc.Arbitrary<DnsRecord> =>
  fc.record({ name, type: fc.constant(type), class: u16, timeToLive: u32, data });
const record = fc.oneof(
  typed(dnsTypes.a, fc.record({ kind: fc.constant('address' as const), address: u32 })),
  typed(dnsTypes.cname, fc.record({ kind: fc.constant('name' as const), name })),
  typed(
    dnsTypes.txt,
    fc.record({
      kind: fc.constant('text' as const),
      strings: fc.array(fc.uint8Array({ maxLength: 255 }), { maxLength: 3 }),
    }),
  ),
  typed(dnsTypes.mx, fc.record({ kind: fc.constant('exchange' as const), preference: u16, exchange: name })),
  typed(
    dnsTypes.srv,
    fc.record({ kind: fc.constant('service' as const), priority: u16, weight: u16, port: u16, target: name }),
  ),
  typed(
    dnsTypes.soa,
    fc.record({
      kind: fc.constant('authority' as const),
      primary: name,
      mailbox: name,
      serial: u32,
      refresh: u32,
      retry: u32,
      expire: u32,
      minimum: u32,
    }),
  ),
  typed(
    dnsTypes.opt,
    fc.record({
      kind: fc.constant('options' as const),
      options: fc.array(fc.record({ code: u16, data: fc.uint8Array({ maxLength: 30 }) }), { maxLength: 3 }),
    }),
  ),
  typed(
    dnsTypes.aaaa,
    fc.record({ kind: fc.constant('raw' as const), bytes: fc.uint8Array({ maxLength: 16 }) }),
  ),
);
const message: fc.Arbitrary<DnsMessage> = fc.record({
  id: u16,
  response: fc.boolean(),
  opcode: fc.nat(15),
  authoritative: fc.boolean(),
  truncated: fc.boolean(),
  recursionDesired: fc.boolean(),
  recursionAvailable: fc.boolean(),
  code: fc.nat(15),
  questions: fc.array(fc.record({ name, type: u16, class: u16 }), { maxLength: 2 }),
  answers: fc.array(record, { maxLength: 3 }),
  authorities: fc.array(record, { maxLength: 2 }),
  additionals: fc.array(record, { maxLength: 2 }),
});

test('messages survive being written, names compressed', () => {
  fc.assert(
    fc.property(message, (fields) => {
      expect(parseDns(writeDns(fields))).toEqual({
        header: fields,
        payload: new Uint8Array(0),
        fault: undefined,
      });
    }),
  );
});

const empty: DnsMessage = {
  id: 1,
  response: false,
  opcode: 0,
  authoritative: false,
  truncated: false,
  recursionDesired: true,
  recursionAvailable: false,
  code: 0,
  questions: [],
  answers: [],
  authorities: [],
  additionals: [],
};

test('a name that was spelled before is pointed to', () => {
  const question = { name: 'one.twinhull', type: dnsTypes.a, class: 1 };
  const once = writeDns({ ...empty, questions: [question] });
  const twice = writeDns({ ...empty, questions: [question, { ...question, name: 'two.twinhull' }] });
  expect(twice.length - once.length).toBe('\x03two'.length + 2 + 4);
  expect(parseDns(twice).header.questions[1]?.name).toBe('two.twinhull');
});

test('labels may have any byte', () => {
  const odd = String.raw`a\.b\\c\000\255.twinhull`;
  const bytes = writeDns({ ...empty, questions: [{ name: odd, type: 1, class: 1 }] });
  expect(parseDns(bytes).header.questions[0]?.name).toBe(odd);
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        labelsOf(text);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }),
  );
});

test('pointers that go in circles or forwards, and names that are too long, are faults', () => {
  const head = [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
  const self = parseDns(Uint8Array.of(...head, 0xc0, 12, 0, 1, 0, 1));
  expect(self.fault?.reason).toBe('has a pointer that does not lead backwards');
  expect(self.header.questions).toEqual([{ name: '', type: 1, class: 1 }]);
  const circle = parseDns(Uint8Array.of(...head, 1, 97, 0xc0, 12, 0, 1, 0, 1));
  expect(circle.fault?.field).toBe('QNAME');
  const long = Array.from({ length: 9 }, () => [31, ...new Array<number>(31).fill(97)]).flat();
  expect(parseDns(Uint8Array.of(...head, ...long, 0, 0, 1, 0, 1)).fault?.reason).toBe(
    'is longer than 255 bytes',
  );
});

test('a record that is cut off costs only itself', () => {
  const answer: DnsRecord = {
    name: 'a',
    type: 1,
    class: 1,
    timeToLive: 5,
    data: { kind: 'address', address: 7 },
  };
  const bytes = writeDns({ ...empty, answers: [answer, { ...answer, name: 'b' }] });
  const { header, fault } = parseDns(bytes.subarray(0, -2));
  expect(header.answers[0]).toEqual(answer);
  expect(header.answers[1]).toMatchObject({ name: 'b', data: { kind: 'raw' } });
  expect(fault?.field).toBe('RDATA');
});

test('an extended error says why', () => {
  const option = writeExtendedError(extendedErrors.prohibited, 'There is no uplink.');
  expect(parseExtendedError(option)).toEqual({ infoCode: 18, extraText: 'There is no uplink.' });
  expect(parseExtendedError({ code: 15, data: new Uint8Array(1) })).toBeUndefined();
});

test('any bytes are taken calmly', () => {
  expectCalm(parseDns, fc.sample(message, 20).map(writeDns));
});
