import { describe, expect, test } from 'vitest';
import { loadAddress, loadElf32, writeFlatKernel } from './flat-kernel';

interface Segment {
  address: number;
  bytes: number[];
  memoryBytes: number;
}

function elf32(segments: readonly Segment[]): Uint8Array {
  const tableAt = 52;
  const dataAt = tableAt + 32 * segments.length;
  const total = segments.reduce((sum, segment) => sum + segment.bytes.length, dataAt);
  const file = new Uint8Array(total);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 1]);
  view.setUint32(24, 0x10_0040, true);
  view.setUint32(28, tableAt, true);
  view.setUint16(42, 32, true);
  view.setUint16(44, segments.length, true);
  let at = dataAt;
  segments.forEach(({ address, bytes, memoryBytes }, index) => {
    const header = [1, at, 0xc000_0000 + address, address, bytes.length, memoryBytes];
    header.forEach((value, field) => view.setUint32(tableAt + index * 32 + field * 4, value, true));
    file.set(bytes, at);
    at += bytes.length;
  });
  return file;
}

describe('loadElf32', () => {
  test('segments lie at their physical addresses, gaps are zero, .bss is counted', () => {
    const loaded = loadElf32(
      elf32([
        { address: 0x10_0008, bytes: [3, 4], memoryBytes: 0x100 },
        { address: 0x10_0000, bytes: [1, 2], memoryBytes: 2 },
      ]),
    );
    expect(loaded.start).toBe(0x10_0000);
    expect([...loaded.image]).toEqual([1, 2, 0, 0, 0, 0, 0, 0, 3, 4]);
    expect(loaded.memoryBytes).toBe(0x108);
    expect(loaded.entry).toBe(0x10_0040);
  });

  test.each([
    ['text', new TextEncoder().encode('#!/bin/sh\n'.repeat(10)), 'not a 32-bit ELF file'],
    ['an empty file', new Uint8Array(), 'not a 32-bit ELF file'],
    ['a file without segments', elf32([]), 'the ELF file has nothing to load'],
  ])('%s is refused', (_, bytes, message) => {
    expect(() => loadElf32(bytes)).toThrow(message);
  });
});

describe('writeFlatKernel', () => {
  /** Two setup sectors and a decompressor that must not survive. */
  function bzImage(): Uint8Array {
    const image = new Uint8Array(512 * 3 + 100).fill(0xee, 512 * 3);
    image[0x1f1] = 2;
    new DataView(image.buffer).setUint32(0x202, 0x53726448, true);
    image[0x234] = 1;
    return image;
  }

  test('the kernel follows the setup sectors, whose header describes it', () => {
    const image = writeFlatKernel(bzImage(), new Uint8Array([1, 2, 3]), 0x5000);
    const header = new DataView(image.buffer);
    expect(image.length).toBe(512 * 3 + 16);
    expect([...image.subarray(512 * 3, 512 * 3 + 5)]).toEqual([1, 2, 3, 0, 0]);
    expect(header.getUint32(0x1f4, true)).toBe(1);
    expect(header.getUint32(0x214, true)).toBe(loadAddress);
    expect(header.getUint8(0x234)).toBe(0);
    expect(header.getBigUint64(0x258, true)).toBe(BigInt(loadAddress));
    expect(header.getUint32(0x260, true)).toBe(0x5000);
  });

  test('something else than a bzImage is refused', () => {
    expect(() => writeFlatKernel(new Uint8Array(4096), new Uint8Array(1), 1)).toThrow('not a bzImage');
  });
});
