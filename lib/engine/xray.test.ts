import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HullError } from '../base/hull-error';
import { ByteReader } from './byte-reader';
import { inPortions } from './in-portions';
import { type XrayEvent, readXray } from './xray';

async function read(bytes: Uint8Array, cuts: readonly number[] = []): Promise<XrayEvent[]> {
  const events: XrayEvent[] = [];
  for await (const event of readXray(new ByteReader(inPortions(bytes, cuts)))) events.push(event);
  return events;
}

const stream = new TextEncoder().encode(
  [
    '{"type":"call","unixNs":1764340000123000000,"ns":1834000,"method":"POST","path":"/v1.47/containers/create","status":201}',
    '{"type":"step","unixNs":1764340000140000000,"ns":0,"container":"4f1c","step":{"step":"process","ns":null}}',
    '{"type":"lost","unixNs":1764340000150000000,"ns":0,"count":3}',
    '',
  ].join('\n'),
);

test('calls and steps on the guest’s clock, however the stream is cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat()), async (cuts) => {
      const [call, step, lost, ...more] = await read(stream, cuts);
      expect(call).toMatchObject({ type: 'call', ms: 1.834, path: '/containers/create', status: 201 });
      expect(call?.type === 'call' && call.unixMs).toBeCloseTo(1764340000123, 2);
      expect(step).toMatchObject({ container: '4f1c', ms: 0, step: { step: 'process', ns: null } });
      expect(lost).toEqual({ type: 'lost', count: 3 });
      expect(more).toEqual([]);
    }),
  );
});

test('whatever comes is events or an error of ours', async () => {
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map((text) => new TextEncoder().encode(`${text}\n`)),
  );
  await fc.assert(
    fc.asyncProperty(noise, async (bytes) => {
      await read(bytes).catch((error: unknown) => expect(error).toBeInstanceOf(HullError));
    }),
  );
});
