// RFC 9112: HTTP/1.1, the server
import { messageOf } from '../../../base/hull-error';
import { headerOf, type HttpHead, type HttpHeader, writeHttpHead } from '../../formats/http-head';
import type { ByteStream } from '../byte-stream';
import type { Surroundings } from '../surroundings';
import type { TcpService } from '../tcp/endpoint';
import { framingOf, httpError, isHttpError, MessageReader } from './message-reader';

export interface HttpRequest {
  method: string;
  /** As sent, without scheme and host. */
  target: string;
  /** Of the target, decoded; '/' at least. */
  path: string;
  /** Lower case, without a port; empty if there is none. */
  host: string;
  headers: readonly HttpHeader[];
  /** What is not read is skipped afterwards, if it is not too much. */
  body: AsyncIterable<Uint8Array>;
  /** Who asks: "10.0.0.2:40000". */
  peer: string;
}

export interface HttpAnswer {
  status: number;
  headers?: readonly HttpHeader[];
  /** Without a length, it is sent in chunks. When it throws, the connection is reset, so that nobody takes it for whole. */
  body?: Uint8Array | { bytes?: number | undefined; chunks: AsyncIterable<Uint8Array> };
}

export type HttpHandler = (request: HttpRequest) => Promise<HttpAnswer>;

export interface HttpCounters {
  requests: number;
  /** Requests that were not HTTP, too large or cut off. */
  malformed: number;
  /** Handlers that failed, or whose bodies did. */
  failed: number;
}

/** How long a connection may wait for a request, and one request for its end. */
const idleMs = 30_000;
const requestMs = 300_000;
/** RFC 9112, 9.6: a reset at once could overtake the answer. */
const lingerMs = 5_000;
/** A body that nobody wanted is read so far, to keep the connection; beyond that, it is closed. */
const maxSkippedBytes = 256 * 1024;
/** Small pieces of a body cost a segment each. */
const joinedBytes = 64 * 1024;

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  206: 'Partial Content',
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  411: 'Length Required',
  413: 'Content Too Large',
  416: 'Range Not Satisfiable',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
};

/** Serves requests one after the other, on connections that stay open. */
export class HttpServer {
  readonly counters: HttpCounters = { requests: 0, malformed: 0, failed: 0 };

  constructor(
    private readonly handler: HttpHandler,
    private readonly surroundings: Pick<Surroundings, 'after' | 'unixMs'>,
  ) {}

  readonly service: TcpService = async (stream) => {
    const reader = new MessageReader(stream);
    try {
      while (await this.serveOne(stream, reader));
      stream.end();
      await this.within(lingerMs, stream, 'it is served.', discard(stream));
    } catch (error) {
      stream.abort(messageOf(error));
    }
  };

  /** @returns whether there may be another request */
  private async serveOne(stream: ByteStream, reader: MessageReader): Promise<boolean> {
    let head: HttpHead | undefined;
    try {
      head = await this.within(idleMs, stream, 'it has asked for nothing.', reader.readHead());
      if (!head) return false;
      return await this.within(
        requestMs,
        stream,
        'its request took too long.',
        this.answer(stream, reader, head),
      );
    } catch (error) {
      if (!isHttpError(error)) throw error;
      this.counters.malformed += 1;
      const status = error.code === 'http-too-large' ? 413 : 400;
      await this.send(stream, sentence(status, `${error.message} ${error.remedy}`), true, false);
      return false;
    }
  }

  private async answer(stream: ByteStream, reader: MessageReader, head: HttpHead): Promise<boolean> {
    const { start, headers } = head;
    if (start.type !== 'request') throw httpError('http-malformed', 'This is a response, not a request.');
    this.counters.requests += 1;
    const framing = framingOf(headers) ?? { type: 'none' };
    const body = reader.readBody(framing);
    if (headerOf(headers, 'expect')?.toLowerCase() === '100-continue')
      await stream.write(new TextEncoder().encode('HTTP/1.1 100 Continue\r\n\r\n'));
    const request: HttpRequest = {
      method: start.method,
      ...targetOf(start.target, headers),
      headers,
      body: { [Symbol.asyncIterator]: () => ({ next: () => body.next() }) },
      peer: stream.peer,
    };
    const answer = await this.handler(request).catch((error: unknown) => {
      if (isHttpError(error)) throw error;
      this.counters.failed += 1;
      return sentence(500, `The service failed: ${messageOf(error)}`);
    });
    const isOver = await this.skip(body);
    const wanted = headerOf(headers, 'connection')?.toLowerCase() ?? '';
    const keepsAlive =
      isOver && !wanted.includes('close') && (start.version !== 'HTTP/1.0' || wanted.includes('keep-alive'));
    await this.send(stream, answer, !keepsAlive, start.version === 'HTTP/1.0', start.method === 'HEAD');
    return keepsAlive && !(start.version === 'HTTP/1.0' && lengthOf(answer) === undefined);
  }

  /** @returns whether the body was read to its end */
  private async skip(body: AsyncIterator<Uint8Array, unknown>): Promise<boolean> {
    for (let skipped = 0; skipped < maxSkippedBytes;) {
      const { done, value } = await body.next();
      if (done) return true;
      skipped += value.length;
    }
    return false;
  }

  private async send(
    stream: ByteStream,
    answer: HttpAnswer,
    closes: boolean,
    isOld: boolean,
    isHead = false,
  ): Promise<void> {
    const { status, headers = [], body } = answer;
    const bytes = lengthOf(answer);
    const isChunked = bytes === undefined && !isOld;
    const framing: HttpHeader = isChunked
      ? ['Transfer-Encoding', 'chunked']
      : ['Content-Length', String(bytes)];
    const head = writeHttpHead({
      start: { type: 'response', version: 'HTTP/1.1', status, reason: reasons[status] ?? 'Unknown' },
      headers: [
        ['Date', new Date(this.surroundings.unixMs()).toUTCString()],
        ...headers,
        ...(bytes === undefined && isOld ? [] : [framing]),
        ...(closes ? [['Connection', 'close'] as const] : []),
      ],
    });
    await stream.write(head);
    if (isHead || body === undefined) return;
    if (body instanceof Uint8Array) {
      if (body.length > 0) await stream.write(body);
      return;
    }
    try {
      await this.sendChunks(stream, body.chunks, bytes, isChunked);
    } catch (error) {
      this.counters.failed += 1;
      throw error;
    }
  }

  private async sendChunks(
    stream: ByteStream,
    chunks: AsyncIterable<Uint8Array>,
    bytes: number | undefined,
    isChunked: boolean,
  ): Promise<void> {
    const encoder = new TextEncoder();
    let sent = 0;
    for await (const chunk of chunks) {
      if (chunk.length === 0) continue;
      sent += chunk.length;
      if (bytes !== undefined && sent > bytes)
        throw new Error(`the body has more than the ${bytes} bytes that were announced`);
      for (let at = 0; at < chunk.length; at += joinedBytes) {
        const part = chunk.subarray(at, at + joinedBytes);
        if (isChunked) await stream.write(encoder.encode(`${part.length.toString(16)}\r\n`));
        await stream.write(part);
        if (isChunked) await stream.write(encoder.encode('\r\n'));
      }
    }
    if (bytes !== undefined && sent < bytes)
      throw new Error(`the body has ${sent} bytes, not the ${bytes} that were announced`);
    if (isChunked) await stream.write(encoder.encode('0\r\n\r\n'));
  }

  private async within<T>(ms: number, stream: ByteStream, why: string, work: Promise<T>): Promise<T> {
    const timer = this.surroundings.after(ms, () => stream.abort(why));
    try {
      return await work;
    } finally {
      timer.dispose();
    }
  }
}

/** Reads what nobody wants, until the other side has ended as well. */
async function discard(stream: ByteStream): Promise<void> {
  for (let read = 0; read < maxSkippedBytes;) {
    const bytes = await stream.read();
    if (!bytes) return;
    read += bytes.length;
  }
  stream.abort('it is served.');
}

/** An answer of one line of text. */
export function sentence(status: number, text: string, headers: readonly HttpHeader[] = []): HttpAnswer {
  return {
    status,
    headers: [['Content-Type', 'text/plain; charset=utf-8'], ...headers],
    body: new TextEncoder().encode(`${text}\n`),
  };
}

/** Undefined if only the body's end will tell. */
function lengthOf({ body }: HttpAnswer): number | undefined {
  if (body === undefined) return 0;
  return body instanceof Uint8Array ? body.length : body.bytes;
}

/** RFC 9112, 3.2: a target may be a whole URL, whose host then counts. */
function targetOf(
  target: string,
  headers: readonly HttpHeader[],
): Pick<HttpRequest, 'target' | 'path' | 'host'> {
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/i.exec(target);
  const local = absolute ? absolute[2] || '/' : target;
  const host = (absolute?.[1] ?? headerOf(headers, 'host') ?? '').toLowerCase().replace(/:\d*$/, '');
  const encoded = local.replace(/[?#].*$/, '');
  let path: string;
  try {
    path = decodeURIComponent(encoded);
  } catch {
    throw httpError('http-malformed', 'The request target has a % that begins no byte.');
  }
  return { target: local, path, host };
}
