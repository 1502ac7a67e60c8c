import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineReader } from './line-reader';
import { ReplayBuffer } from './replay-buffer';

const chunks = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 60 });

function join(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

describe('ReplayBuffer', () => {
  it('holds exactly the last bytes, however they came', () => {
    fc.assert(
      fc.property(chunks, fc.integer({ min: 1, max: 500 }), (parts, limit) => {
        const buffer = new ReplayBuffer(limit);
        for (const part of parts) buffer.push(part);
        expect([...buffer.read()]).toEqual([...join(parts).slice(-limit)]);
      }),
    );
  });

  it('keeps its content when it packs many small chunks', () => {
    const buffer = new ReplayBuffer(4000);
    const all = Uint8Array.from({ length: 10_000 }, (_, index) => index & 0xff);
    for (const byte of all) buffer.push(Uint8Array.of(byte));
    expect([...buffer.read()]).toEqual([...all.slice(-4000)]);
  });
});

describe('LineReader', () => {
  it('gives the same lines whatever the chunks', () => {
    fc.assert(
      fc.property(chunks, (parts) => {
        const cut: string[] = [];
        const reader = new LineReader((line) => cut.push(line), 100);
        for (const part of parts) reader.push(part);
        const lines = String.fromCharCode(...join(parts))
          .split('\n')
          .slice(0, -1)
          .map((line) => line.replaceAll('\r', '').slice(0, 100));
        expect(cut).toEqual(lines);
      }),
    );
  });
});
