import { afterEach, expect, test } from 'vitest';
import type { Frame } from './frame';
import {
  flagNeedsCsum,
  flagsAt,
  csumOffsetAt,
  csumStartAt,
  frameOf,
  headerBytes,
  write16le,
} from './frame-header';
import { FramePort, type FramePortEvents, allOffloads, portWindow } from './frame-port';

let ports: FramePort[] = [];
afterEach(() => {
  for (const port of ports) port.dispose();
  ports = [];
});

function end(port: MessagePort, events: Partial<FramePortEvents>, holds = false): FramePort {
  const made = new FramePort(port, { onFrames: () => {}, ...events }, { holds });
  ports.push(made);
  return made;
}

/** A promise of the next call. */
function next<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => (resolve = done));
  return { promise, resolve };
}

const numbered = (number: number, length = 60): Frame => frameOf(new Uint8Array(length).fill(number));

/** A UDP-less frame that asks for a sum over its last four bytes, to be put into the first two of them. */
function unsummed(): Frame {
  const frame = numbered(0);
  frame.set([0x12, 0x34], frame.length - 2);
  frame[flagsAt] = flagNeedsCsum;
  write16le(frame, csumStartAt, 56);
  write16le(frame, csumOffsetAt, 0);
  return frame;
}

test('what is sent in one turn arrives as one message, in order, and the sender has no frame any more', async () => {
  const { port1, port2 } = new MessageChannel();
  const arrived = next<Frame[]>();
  end(port2, { onFrames: arrived.resolve });
  const left = end(port1, {});
  const frames = [numbered(1), numbered(2), numbered(3)];
  for (const frame of frames) expect(left.send(frame)).toBe(true);
  left.flush();
  expect((await arrived.promise).map((frame) => frame[headerBytes])).toEqual([1, 2, 3]);
  expect(frames.map((frame) => frame.length)).toEqual([0, 0, 0]);
});

test('an end that holds on to frames stops the sender at the window, and lets it go on', async () => {
  const { port1, port2 } = new MessageChannel();
  const arrived = next<Frame[]>();
  const room = next<void>();
  const right = end(port2, { onFrames: arrived.resolve }, true);
  const left = end(port1, { onRoom: () => room.resolve() });
  let sent = 0;
  while (left.send(numbered(1))) sent += 1;
  left.flush();
  expect(sent).toBe(portWindow.frames);
  const frames = await arrived.promise;
  expect(frames).toHaveLength(portWindow.frames);
  for (const frame of frames) right.taken(1, frame.length);
  await room.promise;
  expect(left.send(numbered(1))).toBe(true);
});

test('checksums are filled in for who cannot, and left alone for who can', async () => {
  const { port1, port2 } = new MessageChannel();
  const told = next<void>();
  const simple = next<Frame[]>();
  const able = next<Frame[]>();
  let answer = simple;
  const right = end(port2, { onFrames: (frames) => answer.resolve(frames) });
  const left = end(port1, { onLink: () => told.resolve() });
  left.send(unsummed());
  left.flush();
  const [summed] = await simple.promise;
  expect([...(summed ?? []).slice(0, headerBytes)]).toEqual(Array<number>(headerBytes).fill(0));
  expect([...(summed ?? []).slice(-4)]).toEqual([0xed, 0xcb, 0x12, 0x34]);

  answer = able;
  right.accept(allOffloads);
  right.setLink(true);
  await told.promise;
  left.send(unsummed());
  left.flush();
  expect((await able.promise)[0]).toEqual(unsummed());
});

test('what is no message and no frame is counted and goes no further', async () => {
  const { port1, port2 } = new MessageChannel();
  const arrived = next<Frame[]>();
  const right = end(port2, { onFrames: (frames) => frames.length > 0 && arrived.resolve(frames) });
  const strange: unknown[] = [
    null,
    'frames',
    { type: 'taken', frames: -1, bytes: 0 },
    { type: 'accepts', offloads: { checksum: 1 } },
    { type: 'link' },
    { type: 'frames', frames: { length: 1 } },
    { type: 'frames', frames: [new Uint8Array(headerBytes - 1), 'frame', numbered(7)] },
  ];
  for (const message of strange) port1.postMessage(message);
  expect(await arrived.promise).toHaveLength(1);
  expect(right.malformed).toBe(8);
  port1.close();
});

test('the end of the other end is told', async () => {
  const { port1, port2 } = new MessageChannel();
  const closed = next<void>();
  end(port2, { onClosed: () => closed.resolve() });
  end(port1, {}).dispose();
  await closed.promise;
});
