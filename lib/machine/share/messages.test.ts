import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MalformedMessage, Reader } from './codec';
import {
  type Request,
  type Response,
  directoryEntry,
  parseRequest,
  parseResponse,
  tagOf,
  walkNames,
  writeRequest,
  writeResponse,
} from './messages';

const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const text = fc.string({ unit: 'grapheme', maxLength: 300 });
const qid = fc.record({ type: u8, version: u32, path: u64 });
const time = fc.record({ seconds: u64, nanoseconds: u64 });
const bytes = fc.uint8Array({ maxLength: 5000 });

const requests: fc.Arbitrary<Exclude<Request, { type: 'change' | 'unknown' }>> = fc.oneof(
  fc.record({ type: fc.constant('statfs' as const), fid: u32 }),
  fc.record({ type: fc.constant('open' as const), fid: u32, flags: u32 }),
  fc.record({ type: fc.constant('readlink' as const), fid: u32 }),
  fc.record({ type: fc.constant('getattr' as const), fid: u32, mask: u64 }),
  fc.record({ type: fc.constant('readdir' as const), fid: u32, offset: u64, count: u32 }),
  fc.record({ type: fc.constant('version' as const), msize: u32, version: text }),
  fc.record({ type: fc.constant('attach' as const), fid: u32, afid: u32, user: text, tree: text, uid: u32 }),
  fc.record({ type: fc.constant('flush' as const), oldTag: u16 }),
  fc.record({
    type: fc.constant('walk' as const),
    fid: u32,
    newFid: u32,
    names: fc.array(text, { maxLength: walkNames }),
  }),
  fc.record({ type: fc.constant('read' as const), fid: u32, offset: u64, count: u32 }),
  fc.record({ type: fc.constant('clunk' as const), fid: u32 }),
  fc.record({ type: fc.constant('remove' as const), fid: u32 }),
);

const responses: fc.Arbitrary<Response> = fc.oneof(
  fc.record({ type: fc.constant('error' as const), errno: u32 }),
  fc.record({ type: fc.constant('open' as const), qid, ioUnit: u32 }),
  fc.record({ type: fc.constant('readlink' as const), target: text }),
  fc.record({ type: fc.constant('readdir' as const), entries: bytes }),
  fc.record({ type: fc.constant('version' as const), msize: u32, version: text }),
  fc.record({ type: fc.constant('attach' as const), qid }),
  fc.record({ type: fc.constant('flush' as const) }),
  fc.record({ type: fc.constant('walk' as const), qids: fc.array(qid, { maxLength: walkNames }) }),
  fc.record({ type: fc.constant('read' as const), data: bytes }),
  fc.record({ type: fc.constant('clunk' as const) }),
  fc.record({
    type: fc.constant('getattr' as const),
    valid: u64,
    qid,
    mode: u32,
    uid: u32,
    gid: u32,
    links: u64,
    device: u64,
    size: u64,
    blockSize: u64,
    blocks: u64,
    accessed: time,
    modified: time,
    changed: time,
    born: time,
    generation: u64,
    dataVersion: u64,
  }),
);

test('what is written is read again', () => {
  fc.assert(
    fc.property(u16, requests, (tag, message) => {
      expect(parseRequest(writeRequest(tag, message))).toEqual({ tag, message });
    }),
  );
  fc.assert(
    fc.property(u16, responses, (tag, message) => {
      expect(parseResponse(writeResponse(tag, message))).toEqual({ tag, message });
    }),
  );
});

test('a walk as Linux sends it', () => {
  const walk = '1d000000 6e 0100 00000000 01000000 0200 0300 62696e 0300 666f6f';
  const message = Uint8Array.from(Buffer.from(walk.replaceAll(' ', ''), 'hex'));
  message[0] = message.length;
  expect(parseRequest(message)).toEqual({
    tag: 1,
    message: { type: 'walk', fid: 0, newFid: 1, names: ['bin', 'foo'] },
  });
});

test('bytes that nobody wrote are malformed, or are a message with the tag that they show', () => {
  const parsed = (message: Uint8Array) => {
    try {
      return parseRequest(message);
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(MalformedMessage);
      return undefined;
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      parsed(noise);
      // The same noise with a header that agrees, so that the fields are read too.
      const framed = Uint8Array.from([...new Uint8Array(5), ...noise]);
      new DataView(framed.buffer).setUint32(0, framed.length, true);
      const result = parsed(framed);
      if (result) expect(result.tag).toBe(tagOf(framed));
    }),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(requests, fc.nat(), u8, (request, at, value) => {
      const message = writeRequest(1, request);
      const spoiled = message.slice();
      spoiled[at % spoiled.length] = value;
      parsed(spoiled);
      parsed(message.subarray(0, at % message.length));
    }),
    { numRuns: 2000 },
  );
});

test('a message that changes something is told from one that nobody knows', () => {
  const ofNumber = (number: number) => parseRequest(Uint8Array.from([7, 0, 0, 0, number, 9, 0]));
  expect(ofNumber(118)).toEqual({ tag: 9, message: { type: 'change' } });
  expect(ofNumber(30)).toEqual({ tag: 9, message: { type: 'unknown' } });
});

test('a list that claims more than may be is refused before it is read', () => {
  const walk = writeRequest(1, { type: 'walk', fid: 0, newFid: 1, names: [] });
  new DataView(walk.buffer).setUint16(15, 0xffff, true);
  expect(() => parseRequest(walk)).toThrow(MalformedMessage);
});

test('an entry of a folder ends where its name does', () => {
  const entry = { qid: { type: 0, version: 1, path: 2n }, offset: 3n, type: 8, name: 'é' };
  const from = new Reader(
    Uint8Array.from(Buffer.from('00010000000200000000000000030000000000000008' + '0200c3a9ff', 'hex')),
  );
  expect(directoryEntry.read(from)).toEqual(entry);
  expect(from.left).toBe(1);
});
