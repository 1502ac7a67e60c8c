import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ExampleFrame, exampleFrame, exampleMac } from '../example-frames';
import { formatMac } from '../formats/addresses';
import { parseEthernet } from '../formats/ethernet';
import type { Frame } from '../frame';
import {
  csumStartAt,
  ethernetOf,
  flagNeedsCsum,
  flagsAt,
  frameOf,
  gsoSizeAt,
  gsoTcp4,
  gsoTypeAt,
  headerBytes,
  read16le,
  write16le,
} from '../frame-header';
import { type PortSettings, plainPort } from './port-settings';
import { Switch } from './switch';
import type { SwitchPort } from './switch-port';

/** A switch with so many ports, and what left through each. */
function bench(count: number, settings: Partial<PortSettings> = {}) {
  const time = { ms: 0, now: () => time.ms };
  const device = new Switch(time);
  const left: Frame[][] = Array.from({ length: count }, () => []);
  const ports = left.map((frames) => device.addPort((frame) => frames.push(frame)));
  for (const port of ports) device.configure(port, { ...plainPort, ...settings });
  const port = (number: number) => ports[number] as SwitchPort;
  const send = (at: number, frame: ExampleFrame | Frame) =>
    device.receive(port(at), frame instanceof Uint8Array ? frame : exampleFrame(frame));
  /** How many have left through each port since the last time. */
  const departures = () => left.map((frames) => frames.splice(0).length);
  const tagOfOnly = (at: number) => {
    const [frame, ...others] = left[at]?.splice(0) ?? [];
    expect(others).toHaveLength(0);
    if (!frame) return 'nothing';
    const { header } = parseEthernet(ethernetOf(frame));
    return header.tags[0]?.vid ?? 'untagged';
  };
  return { time, device, left, ports, port, send, departures, tagOfOnly };
}

test('an unknown address is flooded, a known one goes to its port, a silent one is unknown again', () => {
  const { time, send, departures } = bench(4);
  send(0, { from: 1, to: 2 });
  expect(departures()).toEqual([0, 1, 1, 1]);
  send(1, { from: 2, to: 1 });
  expect(departures()).toEqual([1, 0, 0, 0]);
  send(0, { from: 1, to: 2 });
  expect(departures()).toEqual([0, 1, 0, 0]);
  time.ms = 300_001;
  send(0, { from: 1, to: 2 });
  expect(departures()).toEqual([0, 1, 1, 1]);
});

test('everybody who gets a flooded frame gets one of their own', () => {
  const { left, send } = bench(4);
  send(0, { from: 1, mark: 7 });
  const [, one, two, three] = left.map(([frame]) => frame?.buffer);
  expect(new Set([one, two, three]).size).toBe(3);
  for (const [frame] of left.slice(1)) expect(frame).toEqual(exampleFrame({ from: 1, mark: 7 }));
});

test('a neighbour on the same port is not answered, unless the port reflects', () => {
  const { device, port, send, departures } = bench(2);
  send(0, { from: 1 });
  send(0, { from: 2 });
  departures();
  send(0, { from: 1, to: 2 });
  expect(departures()).toEqual([0, 0]);
  expect(port(0).counters.read().drops).toEqual({ 'same-port': 1 });
  device.configure(port(0), { ...plainPort, hairpin: true });
  send(0, { from: 2 });
  expect(departures()).toEqual([1, 1]);
  send(0, { from: 1, to: 2 });
  expect(departures()).toEqual([1, 0]);
});

describe('VLANs', () => {
  function vlans() {
    const all = bench(4);
    const configure = (at: number, settings: PortSettings['vlans']) =>
      all.device.configure(all.port(at), { ...plainPort, vlans: settings });
    configure(0, { type: 'access', vlan: 10 });
    configure(1, { type: 'access', vlan: 20 });
    configure(2, { type: 'trunk', native: 20, vlans: [10] });
    configure(3, { type: 'trunk', vlans: 'all' });
    return all;
  }

  test('tags are pushed and popped at the ports that want it', () => {
    const { send, tagOfOnly } = vlans();
    const all = () => [0, 1, 2, 3].map(tagOfOnly);
    send(0, { from: 1 });
    expect(all()).toEqual(['nothing', 'nothing', 10, 10]);
    send(1, { from: 2 });
    expect(all()).toEqual(['nothing', 'nothing', 'untagged', 20]);
    send(2, { from: 3 });
    expect(all()).toEqual(['nothing', 'untagged', 'nothing', 20]);
    send(3, { from: 4, vlan: 10 });
    expect(all()).toEqual(['untagged', 'nothing', 10, 'nothing']);
    // A priority tag names no VLAN.
    send(1, { from: 2, vlan: 0 });
    expect(all()).toEqual(['nothing', 'nothing', 'untagged', 20]);
  });

  test('what does not belong there is dropped and counted', () => {
    const { port, send, departures } = vlans();
    send(0, { from: 1, vlan: 20 });
    send(2, { from: 1, vlan: 30 });
    send(3, { from: 1 });
    send(3, { from: 1, vlan: 4095 });
    expect(departures()).toEqual([0, 0, 0, 0]);
    expect([0, 1, 2, 3].map((at) => port(at).counters.read().drops['bad-vlan'] ?? 0)).toEqual([1, 0, 1, 2]);
  });

  test('an address may be in two VLANs at two places', () => {
    const { send, departures } = vlans();
    send(0, { from: 1 });
    send(3, { from: 1, vlan: 20 });
    departures();
    send(2, { from: 5, to: 1, vlan: 10 });
    expect(departures()).toEqual([1, 0, 0, 0]);
    send(2, { from: 5, to: 1 });
    expect(departures()).toEqual([0, 0, 0, 1]);
  });

  test('what a virtio header says of places in the frame moves with the tag', () => {
    const { left, send } = vlans();
    const frame = exampleFrame({ from: 1 });
    frame[flagsAt] = flagNeedsCsum;
    write16le(frame, csumStartAt, 34);
    send(0, frame);
    const [tagged] = left[3] ?? [];
    expect(read16le(tagged as Frame, csumStartAt)).toBe(38);
    send(3, tagged as Frame);
    expect(read16le(left[0]?.[0] as Frame, csumStartAt)).toBe(34);
  });

  test('a tag goes into the room before a frame, if there is any', () => {
    const { left, send } = vlans();
    const plain = exampleFrame({ from: 1, mark: 9 });
    const buffer = new Uint8Array(plain.length + 4);
    buffer.set(plain, 4);
    send(0, buffer.subarray(4));
    expect(left[3]?.[0]?.buffer).toBe(buffer.buffer);
    expect(left[3]?.[0]).toEqual(exampleFrame({ from: 1, mark: 9, vlan: 10, bytes: 64 }));
  });
});

describe('when things go wrong', () => {
  test('frames too short and too long, and superframes whose segments are', () => {
    const { port, send, departures } = bench(2);
    send(0, new Uint8Array(headerBytes + 13));
    send(0, { from: 1, bytes: 1514 });
    send(0, { from: 1, bytes: 1515 });
    send(0, { from: 1, bytes: 1518, vlan: 7 });
    send(0, { from: 1, bytes: 1519, vlan: 7 });
    const superframe = exampleFrame({ from: 1, bytes: 10_000 });
    superframe[gsoTypeAt] = gsoTcp4;
    superframe[headerBytes + 34 + 12] = 0x50;
    write16le(superframe, csumStartAt, 34);
    for (const size of [1460, 1461, 1]) {
      const frame = superframe.slice();
      write16le(frame, gsoSizeAt, size);
      send(0, frame);
    }
    expect(departures()).toEqual([0, 3]);
    const segments = Math.ceil((10_000 - 54) / 1460);
    expect(port(0).counters.read().drops).toEqual({
      'too-short': 1,
      'too-long': 2 + Math.ceil((10_000 - 54) / 1461),
      malformed: 1,
    });
    expect(port(1).counters.read()).toMatchObject({
      outFrames: 2 + segments,
      outBytes: 1514 + 1518 + 10_000 + (segments - 1) * 54,
    });
  });

  test('an address that moves is followed, and counted where it went', () => {
    const { port, send, departures } = bench(3);
    send(0, { from: 1 });
    send(1, { from: 1 });
    departures();
    send(2, { from: 3, to: 1 });
    expect(departures()).toEqual([0, 1, 0]);
    expect([0, 1, 2].map((at) => port(at).counters.macMoves)).toEqual([0, 1, 0]);
  });

  test('a port that knows its addresses lets no other in', () => {
    const { device, port, send, departures } = bench(2);
    device.configure(port(0), { ...plainPort, onlyFrom: [formatMac(exampleMac(1))] });
    send(0, { from: 1 });
    send(0, { from: 2 });
    expect(departures()).toEqual([0, 1]);
    expect(port(0).counters.read().drops).toEqual({ spoofed: 1 });
  });

  test('a group address sends nothing, and what is meant for the switch itself goes no further', () => {
    const { port, send, departures } = bench(2);
    const fromGroup = exampleFrame({ from: 1 });
    fromGroup[headerBytes + 6] = 3;
    send(0, fromGroup);
    const bridge = exampleFrame({ from: 1 });
    bridge.set([0x01, 0x80, 0xc2, 0, 0, 0], headerBytes);
    send(0, bridge);
    expect(departures()).toEqual([0, 0]);
    expect(port(0).counters.read().drops).toEqual({ 'bad-source': 1, reserved: 1 });
  });

  test('a storm is held at its port, and the others are heard', () => {
    const { time, port, send, departures } = bench(3, { stormFramesPerSecond: 100 });
    send(1, { from: 2 });
    departures();
    for (let frame = 0; frame < 10_000; frame += 1) send(0, { from: 1 });
    expect(departures()).toEqual([0, 100, 100]);
    expect(port(0).counters.read().drops).toEqual({ storm: 9900 });
    send(0, { from: 1, to: 2 });
    send(1, { from: 2 });
    expect(departures()).toEqual([1, 1, 1]);
    time.ms = 500;
    for (let frame = 0; frame < 100; frame += 1) send(0, { from: 1 });
    expect(departures()).toEqual([0, 50, 50]);
  });

  test('a blocked port takes and gives nothing', () => {
    const { device, port, send, departures } = bench(3);
    send(2, { from: 3 });
    departures();
    device.setBlocked(port(2), true);
    send(0, { from: 1 });
    send(0, { from: 1, to: 3 });
    send(2, { from: 3 });
    expect(departures()).toEqual([0, 2, 0]);
    expect(port(2).counters.read().drops).toEqual({ blocked: 1 });
  });
});

test('a mirror shows what passes a port, as it is on its cable, and nothing else', () => {
  const { device, left, port, send, departures } = bench(4);
  device.configure(port(0), { ...plainPort, vlans: { type: 'access', vlan: 10 } });
  device.setMirrors([{ from: 0, to: 3, direction: 'both' }]);
  send(0, { from: 1, mark: 1 });
  send(1, { from: 2, to: 1, vlan: 10, bytes: 64, mark: 2 });
  send(1, { from: 2, mark: 3 });
  expect(left[3]).toEqual([exampleFrame({ from: 1, mark: 1 }), exampleFrame({ from: 2, to: 1, mark: 2 })]);
  departures();
  send(3, { from: 4 });
  expect(departures()).toEqual([0, 0, 0, 0]);
  expect(port(3).counters.read().drops).toEqual({ blocked: 1 });
  device.setMirrors([]);
  send(3, { from: 4 });
  expect(departures()).toEqual([0, 1, 1, 0]);
});

test('two mirrors that look at each other do not see themselves for ever', () => {
  const { device, send, departures } = bench(3);
  device.setMirrors([
    { from: 0, to: 1, direction: 'both' },
    { from: 1, to: 0, direction: 'both' },
  ]);
  send(2, { from: 1 });
  expect(departures()).toEqual([1, 1, 0]);
});

test('any bytes at any port: counted, and never back to where they came from', () => {
  const frames = fc.record({
    at: fc.integer({ min: 0, max: 3 }),
    start: fc.constantFrom(
      [],
      [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2],
      [255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 3],
    ),
    rest: fc.uint8Array({ maxLength: 100 }),
    header: fc.oneof(fc.constant(new Uint8Array(12)), fc.uint8Array({ minLength: 12, maxLength: 12 })),
  });
  fc.assert(
    fc.property(fc.array(frames, { maxLength: 40 }), (all) => {
      const { device, port, left } = bench(4);
      device.configure(port(1), { ...plainPort, vlans: { type: 'access', vlan: 5 } });
      device.configure(port(2), { ...plainPort, vlans: { type: 'trunk', vlans: [5, 0x202] } });
      for (const { at, start, rest, header } of all) {
        const frame = frameOf(Uint8Array.of(...start, ...rest));
        frame.set(header);
        const before = port(at).counters.inFrames;
        device.receive(port(at), frame);
        const { inFrames, drops } = port(at).counters.read();
        const refused = (drops['too-short'] ?? 0) + (drops.malformed ?? 0);
        expect(inFrames > before || refused > 0).toBe(true);
        const departed = left.map((frames) => frames.splice(0));
        expect(departed[at]).toEqual([]);
        for (const one of departed.flat()) expect(one.length).toBeGreaterThanOrEqual(headerBytes + 14);
      }
    }),
  );
});
