import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Frame } from './frame';
import {
  csumOffsetAt,
  csumStartAt,
  flagNeedsCsum,
  flagsAt,
  frameOf,
  gsoEcn,
  gsoSizeAt,
  gsoTcp4,
  gsoTcp6,
  gsoTypeAt,
  gsoUdp,
  gsoVxlan,
  headerBytes,
  write16le,
} from './frame-header';
import { allOffloads, noOffloads } from './frame-port';
import { emitComplete, isTakenBy, longestSegmentOf, segmentsOf } from './frame-segments';

const kinds = [
  { name: 'TCP over IPv4', gsoType: gsoTcp4, network: 20, transport: 20, version: 4, protocol: 6 },
  { name: 'TCP over IPv6', gsoType: gsoTcp6, network: 40, transport: 32, version: 6, protocol: 6 },
  { name: 'UDP over IPv4', gsoType: gsoUdp, network: 20, transport: 8, version: 4, protocol: 17 },
  { name: 'UDP over IPv6', gsoType: gsoUdp, network: 40, transport: 8, version: 6, protocol: 17 },
] as const;
type Kind = (typeof kinds)[number];

const sequence = 0xffff_ff00;
const identification = 0xfffe;
const allFlags = 0xff;

/** As a guest's card has it: lengths of the whole, the checksum not filled in, all flags set. */
function superframe(kind: Kind, tagged: boolean, payload: Uint8Array, gsoSize: number): Frame {
  const link = tagged ? 18 : 14;
  const bytes = new Uint8Array(link + kind.network + kind.transport + payload.length);
  const view = new DataView(bytes.buffer);
  bytes.fill(0x02, 0, 12);
  if (tagged) view.setUint32(12, 0x8100_0064);
  view.setUint16(link - 2, kind.version === 4 ? 0x0800 : 0x86dd);
  if (kind.version === 4) {
    bytes[link] = 0x45;
    view.setUint16(link + 2, bytes.length - link);
    view.setUint16(link + 4, identification);
    bytes[link + 9] = kind.protocol;
    bytes.set([10, 0, 0, 1, 10, 0, 0, 2], link + 12);
  } else {
    bytes[link] = 0x60;
    view.setUint16(link + 4, bytes.length - link - 40);
    bytes[link + 6] = kind.protocol;
    for (let at = 8; at < 40; at += 1) bytes[link + at] = at * 7;
  }
  const transport = link + kind.network;
  if (kind.protocol === 6) {
    view.setUint32(transport + 4, sequence);
    bytes[transport + 12] = (kind.transport / 4) << 4;
    bytes[transport + 13] = allFlags;
  } else {
    view.setUint16(transport + 4, bytes.length - transport);
  }
  bytes.set(payload, transport + kind.transport);
  const frame = frameOf(bytes);
  frame[flagsAt] = flagNeedsCsum;
  frame[gsoTypeAt] = kind.gsoType | (kind.protocol === 6 ? gsoEcn : 0);
  write16le(frame, gsoSizeAt, gsoSize);
  write16le(frame, csumStartAt, transport);
  write16le(frame, csumOffsetAt, kind.protocol === 6 ? 16 : 6);
  return frame;
}

/** The plainest way to write RFC 1071: zero for bytes that carry their own checksum. */
function remainder(...parts: Uint8Array[]): number {
  let sum = 0;
  for (const part of parts)
    for (const [at, byte] of part.entries()) sum = (sum + byte * (at % 2 === 0 ? 256 : 1)) % 0xffff;
  return sum;
}

function pseudoHeader(kind: Kind, ip: Uint8Array, length: number): Uint8Array {
  const addresses = kind.version === 4 ? ip.subarray(12, 20) : ip.subarray(8, 40);
  return Uint8Array.of(...addresses, length >> 8, length & 255, 0, kind.protocol);
}

function cut(frame: Frame): Frame[] {
  const segments: Frame[] = [];
  expect(emitComplete(frame, (segment) => segments.push(segment))).toBe(true);
  return segments;
}

describe.each(kinds)('$name', (kind) => {
  test('segments are whole packets with right checksums, and together the same bytes', () => {
    const cases = fc.record({
      payload: fc.uint8Array({ minLength: 1, maxLength: 9000 }),
      gsoSize: fc.integer({ min: 48, max: 1460 }),
      tagged: fc.boolean(),
    });
    fc.assert(
      fc.property(cases, ({ payload, gsoSize, tagged }) => {
        const frame = superframe(kind, tagged, payload, gsoSize);
        const expected = Math.ceil(payload.length / gsoSize);
        const longest = longestSegmentOf(frame);
        expect(segmentsOf(frame)).toBe(expected);
        const segments = cut(frame);
        expect(segments).toHaveLength(expected);
        expect(Math.max(...segments.map((segment) => segment.length - headerBytes))).toBe(longest);

        const network = headerBytes + (tagged ? 18 : 14);
        const together: number[] = [];
        segments.forEach((segment, index) => {
          const ip = segment.subarray(network);
          const view = new DataView(ip.buffer, ip.byteOffset, ip.length);
          const inner = ip.subarray(kind.network);
          expect([...segment.subarray(0, headerBytes)]).toEqual(Array<number>(headerBytes).fill(0));
          if (kind.version === 4) {
            expect(view.getUint16(2)).toBe(ip.length);
            expect(view.getUint16(4)).toBe((identification + index) & 0xffff);
            expect(remainder(ip.subarray(0, kind.network))).toBe(0);
          } else expect(view.getUint16(4)).toBe(ip.length - 40);
          if (kind.protocol === 6) {
            expect(view.getUint32(kind.network + 4)).toBe((sequence + index * gsoSize) % 2 ** 32);
            const ends = index === expected - 1 ? allFlags : allFlags & ~0x09;
            expect(inner[13]).toBe(index === 0 ? ends : ends & ~0x80);
          } else {
            expect(view.getUint16(kind.network + 4)).toBe(inner.length);
            expect(view.getUint16(kind.network + 6)).not.toBe(0);
          }
          expect(remainder(pseudoHeader(kind, ip, inner.length), inner)).toBe(0);
          together.push(...inner.subarray(kind.transport));
        });
        expect(together).toEqual([...payload]);
      }),
      { numRuns: 60 },
    );
  });
});

test.each([true, false])(
  'segments in VXLAN are whole packets in whole packets, with an outer checksum: %s',
  (summed) => {
    const around = 50;
    const payload = Uint8Array.from({ length: 5000 }, (_, index) => index * 31);
    const inner = superframe(kinds[0], false, payload, 1398);
    const bytes = new Uint8Array(around + inner.length - headerBytes);
    const view = new DataView(bytes.buffer);
    view.setUint16(12, 0x0800);
    bytes[14] = 0x45;
    view.setUint16(18, identification);
    bytes[23] = 17;
    bytes.set([192, 168, 0, 1, 192, 168, 0, 2], 26);
    view.setUint16(36, 4789);
    view.setUint16(40, summed ? 1 : 0);
    bytes.set(inner.subarray(headerBytes), around);
    const frame = frameOf(bytes);
    frame.set(inner.subarray(0, headerBytes));
    frame[gsoTypeAt] = gsoTcp4 | gsoEcn | gsoVxlan;
    write16le(frame, csumStartAt, around + 34);

    expect(isTakenBy({ ...allOffloads, vxlan: false }, frame)).toBe(false);
    expect(isTakenBy(allOffloads, frame)).toBe(true);
    const expected = cut(inner);
    const segments = cut(frame);
    expect(segments).toHaveLength(expected.length);
    segments.forEach((segment, index) => {
      const outer = segment.subarray(headerBytes + 14);
      const read = new DataView(outer.buffer, outer.byteOffset, outer.length);
      expect([...outer.subarray(36)]).toEqual([...(expected[index] ?? frame).subarray(headerBytes)]);
      expect(read.getUint16(2)).toBe(outer.length);
      expect(read.getUint16(4)).toBe((identification + index) & 0xffff);
      expect(remainder(outer.subarray(0, 20))).toBe(0);
      expect(read.getUint16(24)).toBe(outer.length - 20);
      if (summed)
        expect(remainder(pseudoHeader(kinds[2], outer, outer.length - 20), outer.subarray(20))).toBe(0);
      else expect(read.getUint16(26)).toBe(0);
    });
    expect(longestSegmentOf(frame)).toBe(1398 + 54 + around);
  },
);

test('who takes what', () => {
  const frame = superframe(kinds[0], false, new Uint8Array(3000), 1000);
  expect(isTakenBy(allOffloads, frame)).toBe(true);
  expect(isTakenBy({ ...allOffloads, tcp4: false }, frame)).toBe(false);
  expect(isTakenBy({ ...allOffloads, checksum: false }, frame)).toBe(false);
  expect(
    isTakenBy(
      { ...noOffloads, checksum: true, udp: true },
      superframe(kinds[3], false, new Uint8Array(9), 9),
    ),
  ).toBe(true);
  frame[gsoTypeAt] = 77;
  expect(isTakenBy(allOffloads, frame)).toBe(false);
});

test('any bytes behind any header: refused, or cut into what fits a frame, and no more than there may be', () => {
  const headers = fc.record({
    flags: fc.constantFrom(0, flagNeedsCsum, 0xff),
    type: fc.constantFrom(0, gsoTcp4, gsoTcp6, gsoUdp, gsoTcp4 | gsoEcn, gsoTcp4 | gsoVxlan, 2),
    size: fc.constantFrom(0, 1, 48, 1460, 0xffff),
    start: fc.constantFrom(0, 14, 34, 54, 60, 0xffff),
    offset: fc.constantFrom(0, 6, 16, 0xffff),
  });
  // The first bytes look like the start of a packet often enough to get past the first checks.
  const packets = fc.tuple(
    fc.constantFrom([8, 0, 0x45], [0x86, 0xdd, 0x60], [0x81, 0, 0]),
    fc.uint8Array({ maxLength: 4000 }),
  );
  fc.assert(
    fc.property(headers, packets, (header, [start, bytes]) => {
      const frame = frameOf(Uint8Array.of(...new Uint8Array(12), ...start, ...bytes));
      frame[flagsAt] = header.flags;
      frame[gsoTypeAt] = header.type;
      write16le(frame, gsoSizeAt, header.size);
      write16le(frame, csumStartAt, header.start);
      write16le(frame, csumOffsetAt, header.offset);
      const whole = frame.length;
      const count = segmentsOf(frame);
      const segments: Frame[] = [];
      const sound = emitComplete(frame, (segment) => segments.push(segment));
      expect(segments).toHaveLength(sound ? count : 0);
      expect(segments.length).toBeLessThanOrEqual(1366);
      for (const segment of segments) expect(segment.length).toBeLessThanOrEqual(whole);
    }),
  );
});
