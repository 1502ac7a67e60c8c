// RFC 9112
import { type ByteReader, cutOff, malformed } from './byte-reader';

export interface HttpAnswer {
  status: number;
  /** Names in lower case. */
  headers: ReadonlyMap<string, string>;
  /** Can be read once. */
  body: AsyncIterableIterator<Uint8Array>;
}

const lineLimitBytes = 8 * 1024;
const headerLimit = 64;

/** Reads the head of an answer; the body is read as it is asked for. */
export async function readAnswer(reader: ByteReader): Promise<HttpAnswer> {
  const statusLine = await reader.readLine(lineLimitBytes);
  if (statusLine === undefined) throw cutOff();
  const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(statusLine)?.[1]);
  if (Number.isNaN(status)) throw malformed(`it began with ${JSON.stringify(statusLine.slice(0, 40))}`);
  const headers = await readHeaders(reader);
  return { status, headers, body: readBody(reader, status, headers) };
}

async function readHeaders(reader: ByteReader): Promise<ReadonlyMap<string, string>> {
  const headers = new Map<string, string>();
  for (let count = 0; count < headerLimit; count++) {
    const line = await reader.readLine(lineLimitBytes);
    if (line === undefined) throw cutOff();
    if (line === '') return headers;
    const [, name, value] = /^([^:\s]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw malformed('its head has a line that is no header');
    headers.set(name.toLowerCase(), value);
  }
  throw malformed(`it has more than ${headerLimit} headers`);
}

function readBody(
  reader: ByteReader,
  status: number,
  headers: ReadonlyMap<string, string>,
): AsyncIterableIterator<Uint8Array> {
  if (status < 200 || status === 204 || status === 304) return ofLength(reader, 0);
  if (headers.get('transfer-encoding')?.toLowerCase() === 'chunked') return inChunks(reader);
  const length = headers.get('content-length');
  if (length === undefined) return untilClosed(reader);
  if (!/^\d{1,15}$/.test(length)) throw malformed('its length is no number');
  return ofLength(reader, Number(length));
}

async function* ofLength(reader: ByteReader, length: number): AsyncGenerator<Uint8Array> {
  for (let left = length; left > 0;) {
    const part = await reader.read(left);
    if (!part) throw cutOff();
    left -= part.length;
    yield part;
  }
}

async function* inChunks(reader: ByteReader): AsyncGenerator<Uint8Array> {
  for (;;) {
    const line = await reader.readLine(lineLimitBytes);
    if (line === undefined) throw cutOff();
    const size = /^([0-9a-fA-F]{1,8})[ \t]*(?:;|$)/.exec(line)?.[1];
    if (size === undefined) throw malformed('it has a chunk without a size');
    const length = Number.parseInt(size, 16);
    if (length === 0) {
      // Trailers, of which none is of interest.
      await readHeaders(reader);
      return;
    }
    yield* ofLength(reader, length);
    const end = await reader.readLine(lineLimitBytes);
    if (end === undefined) throw cutOff();
    if (end !== '') throw malformed('it has a chunk that is longer than it says');
  }
}

async function* untilClosed(reader: ByteReader): AsyncGenerator<Uint8Array> {
  for (let part = await reader.read(); part; part = await reader.read()) yield part;
}
