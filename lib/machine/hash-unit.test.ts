import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answerHashRequest } from './hash-unit';

const initial = Uint8Array.from(
  '6a09e667bb67ae853c6ef372a54ff53a510e527f9b05688c1f83d9ab5be0cd19'.match(/../g) ?? [],
  (byte) => parseInt(byte, 16),
);

/** FIPS 180-4, 5.1.1: a one bit, zeros, the length in bits. */
function padded(message: Uint8Array): Uint8Array {
  const length = Math.ceil((message.length + 9) / 64) * 64;
  const bytes = new Uint8Array(length);
  bytes.set(message);
  bytes[message.length] = 0x80;
  new DataView(bytes.buffer).setBigUint64(length - 8, BigInt(message.length) * 8n);
  return bytes;
}

const ask = (state: Uint8Array, blocks: Uint8Array) =>
  answerHashRequest(Uint8Array.from([...state, ...blocks]));

describe('the hash unit', () => {
  test('gives the digests that everybody else does, in as many requests as one likes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1000 }), fc.nat(16), (message, cut) => {
        const blocks = padded(message);
        const first = Math.min(cut * 64, blocks.length - 64);
        const middle = first === 0 ? initial : ask(initial, blocks.subarray(0, first));
        expect(Buffer.from(ask(middle, blocks.subarray(first))).toString('hex')).toBe(
          createHash('sha256').update(message).digest('hex'),
        );
      }),
    );
  });

  test('refuses whatever is no state with whole blocks, and is as good as before', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (request) => {
        const whole = request.length > 32 && request.length % 64 === 32;
        expect(answerHashRequest(request)).toHaveLength(whole ? 32 : 1);
      }),
    );
    expect(Buffer.from(ask(initial, padded(new Uint8Array()))).toString('hex')).toBe(
      createHash('sha256').digest('hex'),
    );
  });
});
