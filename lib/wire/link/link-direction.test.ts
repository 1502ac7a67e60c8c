import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PortCounters } from '../counters';
import { exampleFrame } from '../example-frames';
import type { Frame } from '../frame';
import { csumStartAt, gsoSizeAt, gsoTcp4, gsoTypeAt, headerBytes, write16le } from '../frame-header';
import { segmentsOf } from '../frame-segments';
import { seededRandom } from '../seeded-random';
import { SimulatedTime } from '../simulated-time';
import { LinkDirection } from './link-direction';
import { type LinkSettings, perfectLink } from './link-settings';

/** One direction of a link with a simulated clock, and when what arrived at its end. */
function bench(settings: Partial<LinkSettings> = {}) {
  const time = new SimulatedTime();
  const counters = new PortCounters();
  const arrived: { mark: number; at: number; frame: Frame }[] = [];
  const link = new LinkDirection(time, seededRandom(1), counters, (frame) =>
    arrived.push({ mark: frame[headerBytes + 14] ?? 0, at: time.now(), frame }),
  );
  const set = (changes: Partial<LinkSettings>) => link.set({ ...link.get(), ...changes });
  set(settings);
  const send = (mark = 0, bytes = 60) => link.send(exampleFrame({ from: 1, mark, bytes }));
  const times = () => arrived.splice(0).map(({ at }) => Math.round(at * 1000) / 1000);
  return { time, counters, arrived, link, set, send, times };
}

/** 1000 bytes on the cable: with FCS, preamble and gap. */
const kilobyte = 976;

test('a perfect link delivers within the call, the frame itself', () => {
  const { arrived, link } = bench();
  const frame = exampleFrame({ from: 1 });
  link.send(frame);
  expect(arrived[0]?.frame).toBe(frame);
});

test('a delay is a delay, also of a superframe as a whole', () => {
  const { time, arrived, link, send } = bench({ delayMs: 50 });
  send();
  time.run(49.9);
  expect(arrived).toHaveLength(0);
  time.run(0.1);
  expect(arrived).toHaveLength(1);
  link.send(superframe());
  time.runUntilIdle();
  expect(arrived).toHaveLength(2);
});

test('a bandwidth spaces frames by their bytes on the cable, short ones padded', () => {
  const { time, send, times } = bench({ bitsPerSecond: 8_000_000, delayMs: 5 });
  send(0, kilobyte);
  send(0, kilobyte);
  send(0, 42);
  time.runUntilIdle();
  expect(times()).toEqual([6, 7, 7.084]);
});

test('a full queue drops what comes, and only that', () => {
  const { time, counters, arrived, send } = bench({ bitsPerSecond: 8_000_000, queueBytes: 10_000 });
  for (let mark = 0; mark < 20; mark += 1) send(mark, kilobyte);
  time.runUntilIdle();
  // The frame on the cable counts with those that wait.
  expect(arrived.map(({ mark }) => mark)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(counters.read().drops).toEqual({ 'queue-full': 10 });
});

test('jitter spreads arrivals as far as it says, and reorders nothing', () => {
  const { time, arrived, send } = bench({ delayMs: 20, jitterMs: 10 });
  const delays: number[] = [];
  for (let mark = 0; mark < 200; mark += 1) {
    const sentAt = time.now();
    send(mark);
    time.runUntilIdle();
    delays.push(time.now() - sentAt);
  }
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(10);
  expect(Math.min(...delays)).toBeLessThan(12);
  expect(Math.max(...delays)).toBeLessThanOrEqual(30);
  expect(Math.max(...delays)).toBeGreaterThan(28);
  arrived.splice(0);
  for (let mark = 0; mark < 200; mark += 1) send(mark);
  time.runUntilIdle();
  expect(arrived.map(({ mark }) => mark)).toEqual(Array.from({ length: 200 }, (_, mark) => mark));
});

test('losses are counted, as many as were asked for, the same for the same seed', () => {
  const run = () => {
    const { time, counters, arrived, send } = bench({ loss: 0.02 });
    for (let index = 0; index < 10_000; index += 1) send();
    time.runUntilIdle();
    const lost = counters.read().drops.lost ?? 0;
    expect(arrived).toHaveLength(10_000 - lost);
    return lost;
  };
  const lost = run();
  expect(lost).toBeGreaterThan(140);
  expect(lost).toBeLessThan(260);
  expect(run()).toBe(lost);
});

function superframe(): Frame {
  const frame = exampleFrame({ from: 1, bytes: 54 + 10 * 1000 });
  frame.set([0x08, 0x00, 0x45], headerBytes + 12);
  frame[headerBytes + 34 + 12] = 0x50;
  frame[gsoTypeAt] = gsoTcp4;
  write16le(frame, gsoSizeAt, 1000);
  write16le(frame, csumStartAt, 34);
  return frame;
}

test('a link that loses or has a bandwidth carries the segments of a superframe, each on its own', () => {
  const { time, counters, arrived, link, set, times } = bench({ bitsPerSecond: 8_000_000 });
  link.send(superframe());
  time.runUntilIdle();
  const each = (54 + 1000 + 24) / 1000;
  expect(times()).toEqual(
    Array.from({ length: 10 }, (_, index) => Math.round((index + 1) * each * 1000) / 1000),
  );
  set({ bitsPerSecond: 0, loss: 0.5 });
  link.send(superframe());
  time.runUntilIdle();
  const lost = counters.read().drops.lost ?? 0;
  expect(lost).toBeGreaterThan(0);
  expect(lost).toBeLessThan(10);
  expect(arrived.map(({ frame }) => segmentsOf(frame))).toEqual(new Array<number>(10 - lost).fill(1));
});

test('a superframe that cannot be cut is dropped where it would have to be', () => {
  const { counters, link } = bench({ loss: 0.1 });
  const frame = superframe();
  frame[headerBytes + 14] = 0;
  link.send(frame);
  expect(counters.read().drops).toEqual({ malformed: 1 });
});

test('a link that is cut loses what is under way, and carries on when it is mended', () => {
  const { time, counters, set, send, times } = bench({ delayMs: 10 });
  send();
  send();
  time.run(5);
  set({ up: false });
  send();
  time.run(30_000);
  expect(counters.read().drops).toEqual({ 'link-down': 3 });
  set({ up: true });
  send();
  time.runUntilIdle();
  expect(times()).toEqual([30_015]);
});

test('changes apply to what is under way: a faster link empties its queue faster, a nearer end is reached sooner', () => {
  const { time, set, send, times } = bench({ bitsPerSecond: 8_000, queueBytes: 1e6 });
  for (let mark = 0; mark < 4; mark += 1) send(mark, kilobyte);
  // Half of the first has left.
  time.run(500);
  set({ bitsPerSecond: 8_000_000 });
  time.runUntilIdle();
  expect(times()).toEqual([500.5, 501.5, 502.5, 503.5]);

  set({ bitsPerSecond: 0, delayMs: 5000 });
  send(1);
  set({ ...perfectLink });
  send(2);
  time.runUntilIdle();
  expect(times()).toEqual([503.5, 503.5]);
});

test('whatever is set while frames pass: order kept, every frame arrives or is counted, nothing stays behind', () => {
  const settings = fc.record({
    up: fc.boolean(),
    delayMs: fc.constantFrom(0, 1, 100),
    jitterMs: fc.constantFrom(0, 50),
    loss: fc.constantFrom(0, 0.3, 1),
    bitsPerSecond: fc.constantFrom(0, 1_000, 1_000_000),
    queueBytes: fc.constantFrom(0, 1_000, 1_000_000),
  });
  const steps = fc.array(fc.oneof(settings, fc.constant('send' as const), fc.integer({ min: 0, max: 200 })), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(steps, (all) => {
      const { time, counters, arrived, link, send } = bench();
      let sent = 0;
      for (const step of all) {
        if (step === 'send') send(sent++ & 255);
        else if (typeof step === 'number') time.run(step);
        else link.set(step);
      }
      time.runUntilIdle();
      const marks = arrived.map(({ mark }) => mark);
      expect(marks).toEqual([...marks].sort((a, b) => a - b));
      const dropped = Object.values(counters.read().drops).reduce((sum, one) => sum + one, 0);
      expect(arrived.length + dropped).toBe(sent);
    }),
  );
});
