import { expect, test } from 'vitest';
import type { Direction, Packet } from '../wire/capture/capture';
import { type CapturePoint, type PointPlace, pointAt } from './capture-point';
import { address, inVxlan, pingFrame, tcpFrame } from './example-packets';
import { pathOf } from './packet-path';

const text = (words: string) => Uint8Array.from(words, (character) => character.charCodeAt(0));
const link = (machine: string, name: string, container?: string): PointPlace => ({
  type: 'link',
  machine,
  ...(container === undefined ? {} : { container }),
  link: name,
  kind: name === 'docker0' ? 'bridge' : name.startsWith('veth') || container ? 'veth' : 'card',
});

/** Points and what was seen there, each line: place, direction, microseconds, frame. */
function captured(...lines: [PointPlace, Direction, number, Uint8Array][]) {
  const points: CapturePoint[] = [];
  const packets = lines.map(([place, direction, us, bytes], number): Packet => {
    const point = pointAt(place);
    let index = points.findIndex(({ name }) => name === point.name);
    if (index < 0) index = points.push(point) - 1;
    return { number, point: index, direction, timeNs: BigInt(us) * 1000n, bytes, length: bytes.length };
  });
  return { points, packets };
}

function told({ points, packets }: ReturnType<typeof captured>, chosen = 0): string[] {
  return pathOf(packets, points, packets[chosen] as Packet).map(
    ({ point, packet, afterNs, changes, pieces }) => {
      const changed = changes.map(({ what, from, to }) => `${what} ${from || '-'} → ${to || '-'}`).join('; ');
      return `${point.name} ${packet.direction} +${afterNs / 1000n} ${pieces > 1 ? `x${pieces} ` : ''}${changed}`.trim();
    },
  );
}

const left = { type: 'port', port: 'left', machine: 'left' } as const;
const right = { type: 'port', port: 'right', machine: 'right' } as const;
const inside = { source: '172.17.0.2', destination: '10.0.0.11' };
const outside = { source: '10.0.0.10', destination: '10.0.0.11' };

test('a packet is found at all points of its way through a bridge, NAT and the switch', () => {
  const get = (ends: typeof inside, ttl: number, port: number, macs: number) =>
    tcpFrame({ sourcePort: port, sequenceNumber: 77 }, text('GET'), {
      ...ends,
      ip: { timeToLive: ttl },
      eth: { source: macs, destination: macs + 1 },
    });
  const lines = captured(
    [link('left', 'eth0', 'web'), 'out', 100, get(inside, 64, 4000, 1)],
    [link('left', 'docker0'), 'in', 120, get(inside, 64, 4000, 1)],
    [link('left', 'veth1'), 'in', 120, get(inside, 64, 4000, 1)],
    [link('left', 'eth0'), 'out', 150, get(outside, 63, 5000, 3)],
    [left, 'in', 900, get(outside, 63, 5000, 3)],
    [right, 'out', 900, get(outside, 63, 5000, 3)],
    [link('right', 'eth0'), 'in', 700, get(outside, 63, 5000, 3)],
    // Others: the next segment, and the same one sent again long after.
    [left, 'in', 950, tcpFrame({ sourcePort: 5000, sequenceNumber: 80 }, text('GET'), outside)],
    [left, 'in', 9_000_000, get(outside, 63, 5000, 3)],
  );
  const way = [
    'left/web/eth0 out +0',
    'left/veth1 in +20',
    'left/docker0 in +20',
    'left/eth0 out +50 source 172.17.0.2:4000 → 10.0.0.10:5000; time to live 64 → 63; ' +
      'from hardware 00:00:00:00:00:01 → 00:00:00:00:00:03; to hardware 00:00:00:00:00:02 → 00:00:00:00:00:04',
    'switch/left in +800',
    'switch/right out +800',
    // Its machine's clock is behind, but its card cannot have it before the switch.
    'right/eth0 in +600',
  ];
  expect(told(lines)).toEqual(way);
  expect(told(lines, 6)).toEqual(way);
  const last = pathOf(lines.packets, lines.points, lines.packets[0] as Packet).at(-1);
  expect(last?.isClockBehind).toBe(true);
});

test('through a tunnel', () => {
  const ping = pingFrame(5, { source: '10.1.0.2', destination: '10.1.0.3' });
  const wrapped = inVxlan(4096, ping, outside);
  const lines = captured(
    [link('left', 'eth0', 'one'), 'out', 0, ping],
    [link('left', 'eth0'), 'out', 10, wrapped],
    [left, 'in', 20, wrapped],
    [link('right', 'eth0', 'two'), 'in', 50, ping],
    [left, 'in', 60, pingFrame(6, { source: '10.1.0.2', destination: '10.1.0.3' })],
  );
  expect(told(lines, 2)).toEqual([
    'left/one/eth0 out +0',
    'left/eth0 out +10 tunnel - → VXLAN 4096, 10.0.0.10 → 10.0.0.11',
    'switch/left in +20',
    'right/two/eth0 in +50 tunnel VXLAN 4096, 10.0.0.10 → 10.0.0.11 → -',
  ]);
});

test('a superframe is found again as the segments that it was cut into', () => {
  const bytes = Uint8Array.from({ length: 3000 }, (_, at) => (at * 7) % 251);
  const part = (from: number, to: number, id: number) =>
    tcpFrame({ sequenceNumber: 1000 + from }, bytes.subarray(from, to), { ip: { identification: id } });
  const lines = captured(
    [link('left', 'eth0'), 'out', 0, part(0, 3000, 7)],
    [right, 'out', 10, part(0, 1460, 7)],
    [right, 'out', 11, part(1460, 2920, 8)],
    [right, 'out', 12, part(2920, 3000, 9)],
  );
  expect(told(lines)).toEqual(['left/eth0 out +0', 'switch/right out +10 x3 frames 1 → 3']);
  expect(told(lines, 2)).toEqual(['left/eth0 out +0', 'switch/right out +11']);
});

test('NAT may change an echo’s identifier; what is no packet has no path', () => {
  const lines = captured(
    [link('left', 'eth0', 'web'), 'out', 0, pingFrame(1, inside, 9)],
    [left, 'in', 5, pingFrame(1, { ...outside, ip: { source: address('10.0.0.10') } }, 4)],
  );
  expect(told(lines)).toEqual([
    'left/web/eth0 out +0',
    'switch/left in +5 source 172.17.0.2 → 10.0.0.10; echo identifier 9 → 4',
  ]);
  expect(told(captured([left, 'in', 0, new Uint8Array(5)]))).toEqual([]);
});
