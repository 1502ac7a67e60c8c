import fc from 'fast-check';
import { expect, test } from 'vitest';
import { headerOf, type HttpHead, maxHeadBytes, parseHttpHead, writeHttpHead } from './http-head';

const bytesOf = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,15}$/);
const value = fc.stringMatching(/^([!-~\xa1-\xff]([ -~]{0,20}[!-~])?)?$/);
const head: fc.Arbitrary<HttpHead> = fc.record({
  start: fc.oneof(
    fc.record({
      type: fc.constant('request' as const),
      method: fc.constantFrom('GET', 'POST', 'M-SEARCH'),
      target: fc.constantFrom('/', '/v2/', '*', 'http://a.b/c?d'),
      version: fc.constantFrom('HTTP/1.1', 'HTTP/1.0'),
    }),
    fc.record({
      type: fc.constant('response' as const),
      version: fc.constantFrom('HTTP/1.1', 'HTTP/1.0'),
      status: fc.integer({ min: 100, max: 599 }),
      reason: fc.constantFrom('', 'OK', 'Not Found'),
    }),
  ),
  headers: fc.array(fc.tuple(name, value), { maxLength: 8 }),
});

test('heads survive being written', () => {
  fc.assert(
    fc.property(head, fc.uint8Array(), (fields, payload) => {
      const bytes = writeHttpHead(fields);
      const message = new Uint8Array(bytes.length + payload.length);
      message.set(bytes);
      message.set(payload, bytes.length);
      expect(parseHttpHead(message)).toEqual({ type: 'complete', head: fields, payload });
      for (let length = 0; length < bytes.length; length++)
        expect(parseHttpHead(bytes.subarray(0, length)).type).toBe('incomplete');
    }),
  );
});

test('lines may end without a carriage return, and a view sees what is there of a head', () => {
  const parsed = parseHttpHead(bytesOf('\r\nGET / HTTP/1.1\nHost: a\n\nrest'));
  expect(parsed).toMatchObject({ type: 'complete', payload: bytesOf('rest') });
  expect(parseHttpHead(bytesOf('GET / HTTP/1.1\r\nHost: a\r\nAcc'))).toMatchObject({
    type: 'incomplete',
    head: { headers: [['Host', 'a']] },
  });
});

test('what is not HTTP is malformed, with the line that is not', () => {
  expect(parseHttpHead(bytesOf('\x16\x03\x01\x02\n'))).toMatchObject({
    type: 'malformed',
    fault: { field: 'start-line' },
  });
  const folded = parseHttpHead(bytesOf('GET / HTTP/1.1\r\nA: b\r\n c\r\nD: e\r\n\r\n'));
  expect(folded).toMatchObject({
    type: 'malformed',
    fault: { field: 'field-line', offset: 22 },
    head: {
      headers: [
        ['A', 'b'],
        ['D', 'e'],
      ],
    },
  });
  expect(parseHttpHead(bytesOf('GET / HTTP/1.1\r\nA : b\r\n\r\n')).type).toBe('malformed');
  expect(parseHttpHead(bytesOf(`GET / HTTP/1.1\r\n${'A: b\r\n'.repeat(300)}\r\n`)).type).toBe('malformed');
  expect(parseHttpHead(new Uint8Array(maxHeadBytes).fill(97)).type).toBe('malformed');
});

test('headers are found in any case, and joined', () => {
  expect(
    headerOf(
      [
        ['Accept', 'a'],
        ['ACCEPT', 'b'],
      ],
      'accept',
    ),
  ).toBe('a, b');
  expect(headerOf([], 'accept')).toBeUndefined();
});

test('nothing is written that would end early', () => {
  const start = { type: 'response', version: 'HTTP/1.1', status: 200, reason: 'OK' } as const;
  expect(() => writeHttpHead({ start, headers: [['A', 'b\r\nC: d']] })).toThrow(RangeError);
  expect(() => writeHttpHead({ start, headers: [['A', '€']] })).toThrow(RangeError);
  expect(() => writeHttpHead({ start: { ...start, reason: 'a\nb' }, headers: [] })).toThrow(RangeError);
});

test('any bytes are taken calmly', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void parseHttpHead(bytes)));
  fc.assert(
    fc.property(head, fc.nat(), fc.nat(255), (fields, at, byte) => {
      const bytes = writeHttpHead(fields);
      bytes[at % bytes.length] = byte;
      parseHttpHead(bytes);
    }),
  );
});
