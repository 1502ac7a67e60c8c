import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writePcapng } from '../wire/capture/pcapng';
import { pingFrame } from './example-packets';
import { type PcapngBlock, PcapngStream } from './pcapng-stream';

const packet = fc.record({
  point: fc.nat(1),
  timeNs: fc.bigInt({ min: 0n, max: 2n ** 63n }),
  direction: fc.constantFrom('in' as const, 'out' as const),
  bytes: fc.uint8Array({ maxLength: 200 }),
  length: fc.nat(70_000),
});
const points = [{ name: 'eth0', statistics: { received: 7, dropped: 2 } }, { name: 'größer' }];
const write = (packets: typeof packet extends fc.Arbitrary<infer P> ? P[] : never) =>
  writePcapng({ points, packets, limits: { snapBytes: 65_549 } });

/** Feeds a stream in pieces of these lengths, over and over. */
function read(file: Uint8Array, lengths: readonly number[]) {
  const stream = new PcapngStream();
  const blocks: PcapngBlock[] = [];
  for (let at = 0, turn = 0; at < file.length; turn++) {
    const end = at + (lengths[turn % lengths.length] ?? file.length);
    blocks.push(...stream.push(file.subarray(at, end)));
    at = end;
  }
  return { blocks, fault: stream.fault };
}

test('what is written is read, in whatever pieces it comes', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 8 }), lengths, (packets, pieces) => {
      const { blocks, fault } = read(write(packets), pieces);
      expect(fault).toBeUndefined();
      const timeNs = packets.at(-1)?.timeNs ?? 0n;
      expect(blocks).toEqual([
        { type: 'interface', name: 'eth0' },
        { type: 'interface', name: 'größer' },
        ...packets.map(({ point, ...rest }) => ({ type: 'packet', interface: point, ...rest })),
        { type: 'statistics', interface: 0, timeNs, received: 7n, dropped: 2n },
      ]);
    }),
  );
});

test('what is no pcapng ends it, with a reason', () => {
  const noise = new PcapngStream();
  expect(noise.push(new Uint8Array(40))).toEqual([]);
  expect(noise.fault).toBe('A block says that it has 0 bytes.');
  const file = write([]);
  const other = file.slice();
  new DataView(other.buffer).setUint32(8, 0x4d3c2b1a, true);
  expect(read(other, [100]).fault).toContain('begins as no pcapng does');
  expect(read(file.subarray(28), [100]).fault).toBeDefined();
});

test('any bytes are taken calmly', () => {
  const file = write([
    { point: 0, timeNs: 5n, direction: 'in', bytes: pingFrame(1), length: 98 },
    { point: 1, timeNs: 6n, direction: 'out', bytes: new Uint8Array(3), length: 4 },
  ]);
  const changes = fc.array(fc.record({ at: fc.nat(file.length - 1), byte: fc.nat(255) }), { maxLength: 4 });
  fc.assert(
    fc.property(
      fc.oneof(fc.uint8Array({ maxLength: 200 }), changes),
      fc.integer({ min: 1, max: 99 }),
      (given, piece) => {
        const bytes = given instanceof Uint8Array ? given : file.slice();
        if (!(given instanceof Uint8Array)) for (const { at, byte } of given) bytes[at] = byte;
        const { blocks, fault } = read(bytes, [piece]);
        expect(blocks.length).toBeLessThanOrEqual(bytes.length / 12);
        if (fault !== undefined) expect(fault).toMatch(/\.$/);
      },
    ),
    { numRuns: 1000 },
  );
});
