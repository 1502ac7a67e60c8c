import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  concatenate,
  type Frame,
  FrameDecoder,
  type Incoming,
  maxPayloadBytes,
  nonceBytes,
  writeFrame,
  writeHello,
} from './frame';

const nonces = fc.uint8Array({ minLength: nonceBytes, maxLength: nonceBytes });
const frames: fc.Arbitrary<Frame> = fc.record({
  type: fc.nat(255),
  channel: fc.nat(0xffff),
  payload: fc.uint8Array({ maxLength: 300 }),
});

/** `bytes` in portions that end at `cuts`. */
function portions(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, i) => bytes.slice(ends[i - 1] ?? 0, end));
}

function decode(parts: readonly Uint8Array[]): Incoming[] {
  const decoder = new FrameDecoder();
  return parts.flatMap((part) => decoder.push(part));
}

test('what is written is read, in whatever portions it comes', () => {
  fc.assert(
    fc.property(nonces, fc.array(frames), fc.array(fc.nat()), (nonce, sent, cuts) => {
      const bytes = concatenate(writeHello(nonce), ...sent.map(writeFrame));
      const [greeting, ...received] = decode(portions(bytes, cuts));
      expect(greeting).toEqual({ type: 'greeting', version: 1, nonce });
      expect(received).toEqual(sent.map((frame) => ({ type: 'frame', frame })));
    }),
  );
});

test('the longest frame is read', () => {
  const frame = { type: 3, channel: 1, payload: new Uint8Array(maxPayloadBytes).fill(7) };
  const received = decode([writeHello(new Uint8Array(nonceBytes)), writeFrame(frame)]);
  expect(received[1]).toEqual({ type: 'frame', frame });
});

test('what comes before a greeting is dropped, even when it is the beginning of one', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 100 }),
      fc.nat(31),
      nonces,
      fc.array(fc.nat()),
      (noise, cut, nonce, cuts) => {
        const hello = writeHello(nonce);
        // One whose end is how the next one begins is whole.
        fc.pre(cut === 0 || !hello.subarray(cut).every((byte, at) => byte === hello[at]));
        const [first, ...others] = decode(portions(concatenate(noise, hello.subarray(0, cut), hello), cuts));
        expect(first).toEqual({ type: 'greeting', version: 1, nonce });
        expect(others).toEqual([]);
      },
    ),
  );
});

test('a greeting where a frame may begin is read', () => {
  const [one, other] = [new Uint8Array(nonceBytes).fill(1), new Uint8Array(nonceBytes).fill(2)];
  const received = decode([writeHello(one), writeHello(other)]);
  expect(received.map(({ type }) => type)).toEqual(['greeting', 'greeting']);
});

test('a damaged header or trailer loses the position, and a greeting finds it again', () => {
  fc.assert(
    fc.property(frames, fc.nat(), fc.integer({ min: 1, max: 255 }), nonces, (frame, where, change, nonce) => {
      const bytes = writeFrame(frame);
      const guarded = [...Array(12).keys(), ...Array(4).keys()].map((i, n) =>
        n < 12 ? i : bytes.length - 4 + i,
      );
      const at = guarded[where % guarded.length] ?? 0;
      bytes[at] = (bytes[at] ?? 0) ^ change;
      const received = decode([writeHello(nonce), bytes, new Uint8Array(maxPayloadBytes), writeHello(nonce)]);
      expect(received.map(({ type }) => type)).toEqual(['greeting', 'lost', 'greeting']);
    }),
  );
});

test('any bytes are survived', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 64 })), (parts) => {
      const decoder = new FrameDecoder();
      decoder.push(writeHello(new Uint8Array(nonceBytes)));
      for (const part of parts)
        for (const { type } of decoder.push(part)) expect(type).toMatch(/frame|greeting|lost/);
    }),
  );
});
