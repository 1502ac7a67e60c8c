// RFC 9112
import type { ByteReader } from './byte-reader';

export interface HttpAnswer {
  status: number;
  /** What the status line says after the number. */
  reason: string;
  /** Names in lower case; of one that comes twice, the last. */
  headers: ReadonlyMap<string, string>;
  /** Each line of the head, names in lower case. */
  fields: readonly HttpField[];
  /** Can be read once. */
  body: AsyncIterableIterator<Uint8Array>;
}

export type HttpField = readonly [name: string, value: string];

const lineLimitBytes = 8 * 1024;
const headerLimit = 64;
/** 1xx answers before the one that counts. */
const interimLimit = 8;

/**
 * Reads the head of an answer; the body is read as it is asked for.
 * @param method of the request: an answer to HEAD has no body, whatever its head says
 */
export async function readAnswer(reader: ByteReader, method = 'GET'): Promise<HttpAnswer> {
  for (let interim = 0; interim <= interimLimit; interim++) {
    const { status, reason } = await readStatusLine(reader);
    const fields = await readFields(reader);
    // 101 is an answer: the connection is another thing from then on.
    if (status < 200 && status !== 101) continue;
    const headers = new Map(fields);
    const body = method === 'HEAD' ? ofLength(reader, 0) : readBody(reader, status, headers);
    return { status, reason, headers, fields, body };
  }
  throw reader.failures.malformed('it goes on saying that the answer is to come');
}

async function readStatusLine(reader: ByteReader): Promise<{ status: number; reason: string }> {
  const line = await reader.readLine(lineLimitBytes);
  if (line === undefined) throw reader.failures.cutOff();
  const [, status, reason = ''] = /^HTTP\/1\.[01] (\d{3})(?: (.*))?$/.exec(line) ?? [];
  if (status === undefined)
    throw reader.failures.malformed(`it began with ${JSON.stringify(line.slice(0, 40))}`);
  return { status: Number(status), reason };
}

async function readFields(reader: ByteReader): Promise<readonly HttpField[]> {
  const fields: HttpField[] = [];
  while (fields.length < headerLimit) {
    const line = await reader.readLine(lineLimitBytes);
    if (line === undefined) throw reader.failures.cutOff();
    if (line === '') return fields;
    const [, name, value] = /^([^:\s]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined || value === undefined)
      throw reader.failures.malformed('its head has a line that is no header');
    fields.push([name.toLowerCase(), value]);
  }
  throw reader.failures.malformed(`it has more than ${headerLimit} headers`);
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
  if (!/^\d{1,15}$/.test(length)) throw reader.failures.malformed('its length is no number');
  return ofLength(reader, Number(length));
}

async function* ofLength(reader: ByteReader, length: number): AsyncGenerator<Uint8Array> {
  for (let left = length; left > 0;) {
    const part = await reader.read(left);
    if (!part) throw reader.failures.cutOff();
    left -= part.length;
    yield part;
  }
}

async function* inChunks(reader: ByteReader): AsyncGenerator<Uint8Array> {
  for (;;) {
    const line = await reader.readLine(lineLimitBytes);
    if (line === undefined) throw reader.failures.cutOff();
    const size = /^([0-9a-fA-F]{1,8})[ \t]*(?:;|$)/.exec(line)?.[1];
    if (size === undefined) throw reader.failures.malformed('it has a chunk without a size');
    const length = Number.parseInt(size, 16);
    if (length === 0) {
      // Trailers, of which none is of interest.
      await readFields(reader);
      return;
    }
    yield* ofLength(reader, length);
    const end = await reader.readLine(lineLimitBytes);
    if (end === undefined) throw reader.failures.cutOff();
    if (end !== '') throw reader.failures.malformed('it has a chunk that is longer than it says');
  }
}

async function* untilClosed(reader: ByteReader): AsyncGenerator<Uint8Array> {
  for (let part = await reader.read(); part; part = await reader.read()) yield part;
}
