import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HullError } from '../base/hull-error';
import { concatenate } from '../guest/frame';
import { ByteReader } from './byte-reader';
import { inPortions } from './in-portions';
import { type LogPart, readMultiplexed } from './log-stream';

const part: fc.Arbitrary<LogPart> = fc.record({
  stream: fc.constantFrom('stdout', 'stderr'),
  bytes: fc.uint8Array({ maxLength: 64 }),
});

function write({ stream, bytes }: LogPart): Uint8Array {
  const header = new Uint8Array(8);
  header[0] = stream === 'stdout' ? 1 : 2;
  new DataView(header.buffer).setUint32(4, bytes.length);
  return concatenate(header, bytes);
}

async function read(bytes: Uint8Array, cuts: readonly number[] = []): Promise<LogPart[]> {
  const parts: LogPart[] = [];
  for await (const part of readMultiplexed(new ByteReader(inPortions(bytes, cuts)))) parts.push(part);
  return parts;
}

const said = (parts: readonly LogPart[], stream: LogPart['stream']) =>
  concatenate(...parts.filter((part) => part.stream === stream).map(({ bytes }) => bytes));

test('both outputs come whole and apart, however the stream is cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(part), fc.array(fc.nat()), async (parts, cuts) => {
      const got = await read(concatenate(...parts.map(write)), cuts);
      for (const stream of ['stdout', 'stderr'] as const)
        expect(said(got, stream)).toEqual(said(parts, stream));
    }),
  );
});

test('whatever comes is a log or an error of ours', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (noise) => {
      await read(noise).catch((error: unknown) => expect(error).toBeInstanceOf(HullError));
    }),
  );
});

test('a log that ends within a frame is an error', async () => {
  const whole = write({ stream: 'stderr', bytes: Uint8Array.of(1, 2, 3) });
  await expect(read(whole.subarray(0, -1))).rejects.toMatchObject({ code: 'engine-ended' });
  await expect(read(whole.subarray(0, 5))).rejects.toMatchObject({ code: 'engine-ended' });
});
