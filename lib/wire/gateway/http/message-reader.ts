// RFC 9112: HTTP/1.1, reading messages from a stream
import { HullError } from '../../../base/hull-error';
import {
  headerOf,
  type HttpHead,
  type HttpHeader,
  maxHeadBytes,
  parseHttpHead,
} from '../../formats/http-head';
import type { ByteStream } from '../byte-stream';

export type HttpErrorCode = 'http-malformed' | 'http-cut-off' | 'http-too-large';

export function httpError(code: HttpErrorCode, message: string): HullError<HttpErrorCode> {
  return new HullError(code, message, 'Check what the other side sends: it must be HTTP/1.1 (RFC 9112).');
}

export function isHttpError(thrown: unknown): thrown is HullError<HttpErrorCode> {
  const codes: readonly string[] = [
    'http-malformed',
    'http-cut-off',
    'http-too-large',
  ] satisfies HttpErrorCode[];
  return thrown instanceof HullError && codes.includes(String(thrown.code));
}

/** How the end of a body is known (RFC 9112, 6.3). */
export type Framing =
  { type: 'none' } | { type: 'length'; bytes: number } | { type: 'chunked' } | { type: 'close' };

/** @throws HullError `http-malformed` for what could be read in two ways, which is how requests are smuggled */
export function framingOf(headers: readonly HttpHeader[]): Framing | undefined {
  const encoding = headerOf(headers, 'transfer-encoding')?.toLowerCase();
  const length = headerOf(headers, 'content-length');
  if (encoding !== undefined) {
    if (length !== undefined || encoding !== 'chunked')
      throw httpError('http-malformed', 'The message does not say clearly where its body ends.');
    return { type: 'chunked' };
  }
  if (length === undefined) return undefined;
  const values = new Set(length.split(',').map((value) => value.trim()));
  const [value = ''] = values;
  if (values.size !== 1 || !/^\d{1,15}$/.test(value))
    throw httpError('http-malformed', `The message has the Content-Length ${JSON.stringify(length)}.`);
  return Number(value) === 0 ? { type: 'none' } : { type: 'length', bytes: Number(value) };
}

const maxChunkLineBytes = 1024;
const maxTrailerBytes = 8 * 1024;

/** Reads heads and bodies, one message after the other. */
export class MessageReader {
  private pending: Uint8Array = new Uint8Array(0);

  constructor(private readonly stream: Pick<ByteStream, 'read'>) {}

  /** Undefined when the stream ends between two messages. @throws HullError when it is not HTTP or ends in a head */
  async readHead(): Promise<HttpHead | undefined> {
    for (;;) {
      const parsed = parseHttpHead(this.pending);
      if (parsed.type === 'malformed')
        throw httpError('http-malformed', `The ${parsed.fault.field} ${parsed.fault.reason}.`);
      if (parsed.type === 'complete') {
        this.pending = parsed.payload;
        return parsed.head;
      }
      if (!(await this.fill())) {
        if (this.pending.length === 0) return undefined;
        throw httpError('http-cut-off', 'The stream ended in the middle of a head.');
      }
    }
  }

  /** The body's bytes as they come. Whoever leaves it early must not read on. */
  async *readBody(framing: Framing): AsyncGenerator<Uint8Array, void> {
    switch (framing.type) {
      case 'none':
        return;
      case 'length':
        yield* this.readExactly(framing.bytes);
        return;
      case 'close':
        while (this.pending.length > 0 || (await this.fill())) yield this.take(Infinity);
        return;
      case 'chunked':
        yield* this.readChunks();
    }
  }

  private async *readChunks(): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      const line = await this.readLine(maxChunkLineBytes);
      const digits = /^([0-9a-f]{1,12})[ \t]*(;.*)?$/i.exec(line)?.[1];
      if (digits === undefined) throw httpError('http-malformed', 'A chunk does not begin with its size.');
      const bytes = Number.parseInt(digits, 16);
      if (bytes === 0) break;
      yield* this.readExactly(bytes);
      if ((await this.readLine(2)) !== '')
        throw httpError('http-malformed', 'A chunk is longer than its size.');
    }
    for (let left = maxTrailerBytes; ;) {
      const line = await this.readLine(left);
      if (line === '') return;
      left -= line.length;
    }
  }

  private async *readExactly(bytes: number): AsyncGenerator<Uint8Array, void> {
    for (let left = bytes; left > 0;) {
      if (this.pending.length === 0 && !(await this.fill()))
        throw httpError('http-cut-off', `The body ended ${left} bytes early.`);
      const part = this.take(left);
      left -= part.length;
      yield part;
    }
  }

  private async readLine(limit: number): Promise<string> {
    for (;;) {
      const feed = this.pending.indexOf(10);
      if (feed >= 0 && feed <= limit) {
        const line = this.take(feed + 1);
        const end = line[feed - 1] === 13 ? feed - 1 : feed;
        return String.fromCharCode(...line.subarray(0, end));
      }
      if (this.pending.length > limit)
        throw httpError('http-too-large', `A line has more than ${limit} bytes.`);
      if (!(await this.fill())) throw httpError('http-cut-off', 'The stream ended in the middle of a body.');
    }
  }

  private take(limit: number): Uint8Array {
    const taken = this.pending.subarray(0, limit);
    this.pending = this.pending.subarray(taken.length);
    return taken;
  }

  private async fill(): Promise<boolean> {
    const more = await this.stream.read();
    if (!more) return false;
    if (this.pending.length === 0) {
      this.pending = more;
      return true;
    }
    // Only heads and lines wait for more, so this stays small.
    if (this.pending.length > maxHeadBytes) throw httpError('http-too-large', 'The head is too long.');
    const both = new Uint8Array(this.pending.length + more.length);
    both.set(this.pending);
    both.set(more, this.pending.length);
    this.pending = both;
    return true;
  }
}

/** A whole body. @throws HullError `http-too-large` */
export async function collect(
  body: AsyncIterable<Uint8Array>,
  limit: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of body) {
    length += part.length;
    if (length > limit) throw httpError('http-too-large', `The body has more than ${limit} bytes.`);
    parts.push(part);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
