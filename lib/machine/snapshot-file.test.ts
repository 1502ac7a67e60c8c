import { readFile } from 'node:fs/promises';
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
import { packPayload, pageRuns, readPayload } from './snapshot-payload';
import type { ZstdDecoder } from './zstd-reader';

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

/** v86's own, without a machine around it. */
const decoder = readFile(new URL(import.meta.resolve('v86/build/v86.wasm'))).then(async (bytes) => {
  const compiled = new WebAssembly.Module(bytes);
  const env: Record<string, WebAssembly.ImportValue> = {};
  for (const { name, kind } of WebAssembly.Module.imports(compiled)) {
    if (kind === 'function') env[name] = () => 0;
    else if (kind === 'table') env[name] = new WebAssembly.Table({ element: 'anyfunc', initial: 2000 });
    else throw new Error(`v86.wasm imports ${name}, a ${kind}`);
  }
  const { exports } = await WebAssembly.instantiate(compiled, { env });
  return { ...exports, wasm_memory: exports['memory'] } as unknown as ZstdDecoder;
});

/** RFC 8878: a frame of known length and without a checksum, whose blocks are not compressed. */
function zstd(content: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(12 + content.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, 0xfd2f_b528, true);
  // Single segment, four bytes of content size.
  frame[4] = 0b1010_0000;
  view.setUint32(5, content.length, true);
  // Last block, raw.
  view.setUint16(9, ((content.length << 3) | 1) & 0xffff, true);
  frame[11] = content.length >> 13;
  frame.set(content, 12);
  return frame;
}

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
  const reader = readPayload(payload, header.packing, await decoder);
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

  it('comes back when its build packed it with zstd', async () => {
    const packed = { ...header, packing: 'zstd' } as const;
    const file = writeSnapshot(packed, zstd(await packPayload(parts, 'none')));
    expect((await readAll(file)).parts).toEqual(parts);
    for (let length = file.length - 9000; length < file.length; length += 100) {
      expect(await codeOf(() => readAll(file.subarray(0, length)))).toBe('snapshot-damaged');
    }
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
