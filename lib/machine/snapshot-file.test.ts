import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HullError } from '../base/hull-error';
import {
  type SnapshotHeader,
  bitmapBytes,
  checkIdentity,
  parseSnapshot,
  writeSnapshot,
} from './snapshot-file';
import { PayloadReader, packPayload, pageRuns } from './snapshot-payload';

const header: SnapshotHeader = {
  createdAt: '2026-01-02T03:04:05.000Z',
  profile: 'host',
  memoryBytes: 64 * 4096,
  images: { kernel: 'a'.repeat(64), 'v86-wasm': 'b'.repeat(64) },
  packing: 'gzip',
  consoleBytes: 3,
  stateBytes: 5,
  pages: 2,
};
const parts = {
  console: Uint8Array.of(1, 2, 3),
  bitmap: Uint8Array.of(0b11, 0, 0, 0, 0, 0, 0, 0),
  state: Uint8Array.of(4, 5, 6, 7, 8),
  pages: Uint8Array.from({ length: 8192 }, (_, index) => index % 251),
};

async function codeOf(read: () => unknown): Promise<string> {
  try {
    await read();
  } catch (error) {
    if (error instanceof HullError) return error.code as string;
    throw error;
  }
  return 'no error';
}

async function readAll(file: Uint8Array) {
  const { header, payload } = parseSnapshot(file);
  const reader = new PayloadReader(payload, header.packing);
  const console = await reader.take(header.consoleBytes);
  const bitmap = await reader.take(bitmapBytes(header));
  const runs = pageRuns(bitmap, header);
  const state = await reader.take(header.stateBytes);
  const pages = await reader.take(header.pages * 4096);
  await reader.end();
  return { header, runs, parts: { console, bitmap, state, pages } };
}

describe('a snapshot file', () => {
  it.each(['gzip', 'none'] as const)('comes back as it was written (%s)', async (packing) => {
    const file = writeSnapshot({ ...header, packing }, await packPayload(parts, packing));
    const read = await readAll(file);
    expect(read.header).toEqual({ ...header, packing });
    expect(read.parts).toEqual(parts);
    expect(read.runs).toEqual([{ address: 0, length: 8192 }]);
  });

  it('is damaged when it is cut anywhere', async () => {
    const file = writeSnapshot(header, await packPayload(parts, 'gzip'));
    for (let length = 0; length < file.length; length += 1) {
      expect(await codeOf(() => readAll(file.subarray(0, length)))).toBe('snapshot-damaged');
    }
  });

  it('is damaged when something follows it', async () => {
    const file = writeSnapshot({ ...header, packing: 'none' }, await packPayload(parts, 'none'));
    expect(await codeOf(() => readAll(Uint8Array.of(...file, 0)))).toBe('snapshot-damaged');
  });

  it('never throws anything but an error for the learner, whatever byte is changed', async () => {
    const file = writeSnapshot(header, await packPayload(parts, 'gzip'));
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const altered = file.slice();
        altered[at] = (altered[at] ?? 0) ^ change;
        expect(['snapshot-damaged', 'snapshot-foreign', 'no error']).toContain(
          await codeOf(() => readAll(altered)),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('refuses arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => parseSnapshot(bytes)).toThrow(HullError);
      }),
    );
  });
});

describe('checkIdentity', () => {
  const machine = { profile: 'host', memoryBytes: header.memoryBytes, images: header.images };

  it('accepts the machine that it was made of', () => {
    expect(() => checkIdentity(header, machine)).not.toThrow();
  });

  it.each([
    ['another profile', { ...machine, profile: 'web' }],
    ['other memory', { ...machine, memoryBytes: 128 * 4096 }],
    ['another kernel', { ...machine, images: { ...machine.images, kernel: 'c'.repeat(64) } }],
    ['an image it does not name', { ...machine, images: { ...machine.images, 'root-host': 'c'.repeat(64) } }],
  ])('refuses %s', async (_, expected) => {
    expect(await codeOf(() => checkIdentity(header, expected))).toBe('snapshot-foreign');
  });
});
