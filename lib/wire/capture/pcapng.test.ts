import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dissect, ensureTshark } from '../../../scripts/tshark';
import { exampleFrame } from '../example-frames';
import { ethernetOf } from '../frame-header';
import { type PcapngFile, writePcapng } from './pcapng';

const file: PcapngFile = {
  points: [
    {
      name: 'switch/red',
      description: 'what the red machine’s card sends',
      statistics: { received: 12, dropped: 10 },
    },
    { name: 'switch/blue' },
  ],
  packets: [
    {
      point: 0,
      timeNs: 1_700_000_000_123_456_789n,
      direction: 'in',
      bytes: ethernetOf(exampleFrame({ from: 1, to: 2, bytes: 61 })),
      length: 61,
      comment: 'the first — größer als ASCII',
    },
    {
      point: 1,
      timeNs: 1_700_000_000_123_456_790n,
      direction: 'out',
      bytes: ethernetOf(exampleFrame({ from: 1, to: 2, bytes: 68, vlan: 42 })),
      length: 1500,
    },
  ],
  limits: { snapBytes: 68 },
  comment: 'two packets',
};

test('blocks say their length at both ends and are whole words', () => {
  const bytes = writePcapng(file);
  const view = new DataView(bytes.buffer);
  const types: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = view.getUint32(at + 4, true);
    types.push(view.getUint32(at, true));
    expect(length % 4).toBe(0);
    expect(view.getUint32(at + length - 4, true)).toBe(length);
    at += length;
  }
  expect(types).toEqual([0x0a0d0d0a, 1, 1, 6, 6, 5]);
});

test('an empty capture is a file too', () => {
  expect(writePcapng({ points: [], packets: [], limits: { snapBytes: 1 } }).length).toBeGreaterThan(28);
});

test(
  'Wireshark reads points, times to the nanosecond, directions, lengths and comments',
  { timeout: 300_000 },
  async (context) => {
    const { missing } = await ensureTshark();
    if (missing !== undefined) context.skip(missing);
    const folder = await mkdtemp(join(tmpdir(), 'twinhull-pcapng-'));
    try {
      const path = join(folder, 'two.pcapng');
      await writeFile(path, writePcapng(file));
      const { lines, complaints } = dissect(path, [
        'frame.interface_name',
        'frame.time_epoch',
        'frame.packet_flags_direction',
        'frame.cap_len',
        'frame.len',
        'frame.comment',
        'eth.src',
        'vlan.id',
      ]);
      expect(complaints).toBe('');
      // Versions of tshark differ in how they write the direction.
      const told = lines.map((fields) => fields.map((field, at) => (at === 2 ? Number(field) : field)));
      const [from, comment] = ['02:00:00:00:00:01', 'the first — größer als ASCII'];
      expect(told).toEqual([
        ['switch/red', '1700000000.123456789', 1, '61', '61', comment, from, ''],
        ['switch/blue', '1700000000.123456790', 2, '68', '1500', '', from, '42'],
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
