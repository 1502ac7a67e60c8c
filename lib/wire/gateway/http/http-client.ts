// RFC 9112: HTTP/1.1, the client
import { type HttpHead, type HttpHeader, writeHttpHead } from '../../formats/http-head';
import type { ByteStream } from '../byte-stream';
import { type Framing, framingOf, httpError, MessageReader } from './message-reader';

export interface HttpResponse {
  status: number;
  reason: string;
  headers: readonly HttpHeader[];
  /** To be read to its end, or the stream aborted. Over it, the stream is ended. */
  body: AsyncIterable<Uint8Array>;
}

/** One request on a stream of its own. @throws HullError for answers that are not HTTP; TcpError */
export async function httpRequest(
  stream: ByteStream,
  request: {
    method: string;
    target: string;
    host: string;
    headers?: readonly HttpHeader[];
    body?: Uint8Array;
  },
): Promise<HttpResponse> {
  const { method, target, host, headers = [], body } = request;
  await stream.write(
    writeHttpHead({
      start: { type: 'request', method, target, version: 'HTTP/1.1' },
      headers: [
        ['Host', host],
        ['Connection', 'close'],
        ...headers,
        ...(body ? [['Content-Length', String(body.length)] as const] : []),
      ],
    }),
  );
  if (body && body.length > 0) await stream.write(body);
  const reader = new MessageReader(stream);
  for (;;) {
    const head = await reader.readHead();
    if (!head) throw httpError('http-cut-off', `${stream.peer} closed the connection without an answer.`);
    const { start } = head;
    if (start.type !== 'response') throw httpError('http-malformed', `${stream.peer} sent no response.`);
    if (start.status >= 100 && start.status < 200 && start.status !== 101) continue;
    const { status, reason } = start;
    return {
      status,
      reason,
      headers: head.headers,
      body: bodyOf(stream, reader, responseFraming(head, method)),
    };
  }
}

async function* bodyOf(
  stream: ByteStream,
  reader: MessageReader,
  framing: Framing,
): AsyncGenerator<Uint8Array, void> {
  yield* reader.readBody(framing);
  stream.end();
}

/** RFC 9112, 6.3. */
function responseFraming({ start, headers }: HttpHead, method: string): Framing {
  const status = start.type === 'response' ? start.status : 0;
  if (method === 'HEAD' || status === 204 || status === 304) return { type: 'none' };
  return framingOf(headers) ?? { type: 'close' };
}
