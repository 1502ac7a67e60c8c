import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HullError } from '../base/hull-error';
import { concatenate } from '../guest/frame';
import { ByteReader } from './byte-reader';
import { readAnswer } from './http-answer';
import { inPortions } from './in-portions';

const bytesOf = (text: string) => new TextEncoder().encode(text);

async function read(bytes: Uint8Array, cuts: readonly number[] = []) {
  const answer = await readAnswer(new ByteReader(inPortions(bytes, cuts)));
  const parts: Uint8Array[] = [];
  for await (const part of answer.body) parts.push(part);
  return { ...answer, body: concatenate(...parts) };
}

const writers: Record<string, (body: readonly Uint8Array[]) => Uint8Array> = {
  'with a length': (parts) => {
    const body = concatenate(...parts);
    return concatenate(bytesOf(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`), body);
  },
  'in chunks': (parts) =>
    concatenate(
      bytesOf('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'),
      ...parts
        .filter(({ length }) => length > 0)
        .map((part) => concatenate(bytesOf(`${part.length.toString(16)}\r\n`), part, bytesOf('\r\n'))),
      bytesOf('0\r\n\r\n'),
    ),
  'until it closes': (parts) => concatenate(bytesOf('HTTP/1.1 200 OK\r\n\r\n'), ...parts),
};

test.each(Object.entries(writers))('a body %s is read whole, however it is cut', async (_, write) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 64 })), fc.array(fc.nat()), async (parts, cuts) => {
      const { status, body } = await read(write(parts), cuts);
      expect(status).toBe(200);
      expect(body).toEqual(concatenate(...parts));
    }),
  );
});

test.each(['with a length', 'in chunks'])('a body %s that is cut off is an error', async (name) => {
  const whole = writers[name]?.([bytesOf('something')]) ?? new Uint8Array();
  for (let length = 0; length < whole.length; length++) {
    await expect(read(whole.subarray(0, length))).rejects.toMatchObject({ code: 'engine-ended' });
  }
});

test('an answer without content ends with its head, and headers have no case', async () => {
  const answer = await read(bytesOf('HTTP/1.1 204 No Content\r\nAPI-Version: \t1.44 \r\n\r\n'));
  expect(answer).toMatchObject({ status: 204, body: new Uint8Array() });
  expect(answer.headers.get('api-version')).toBe('1.44');
});

const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

test.each([
  ['that is not HTTP', 'SSH-2.0-dropbear\r\n', /it began with "SSH/],
  ['with an endless header', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(10_000)}\r\n\r\n`, /more than 8192 bytes/],
  ['with too many headers', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(100)}\r\n`, /more than 64 headers/],
  ['of negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n', /its length is no number/],
  ['with a chunk of no size', `${chunked}no\r\n`, /a chunk without a size/],
  ['with a chunk of another size', `${chunked}1\r\nab\r\n`, /longer than it says/],
])('an answer %s is refused', async (_, text, sentence) => {
  await expect(read(bytesOf(text))).rejects.toThrow(sentence);
});

test('whatever comes is an answer or an error of ours', async () => {
  const head = fc.constantFrom('', 'HTTP/1.1 200 OK\r\n', chunked);
  await fc.assert(
    fc.asyncProperty(head, fc.uint8Array({ maxLength: 200 }), async (start, noise) => {
      await read(concatenate(bytesOf(start), noise)).catch((error: unknown) =>
        expect(error).toBeInstanceOf(HullError),
      );
    }),
  );
});
