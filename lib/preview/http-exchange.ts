// RFC 9110, RFC 9112
import { ByteReader } from '../engine/byte-reader';
import { type HttpField, readAnswer } from '../engine/http-answer';
import { socketBytes } from '../engine/socket-bytes';
import { concatenate } from '../guest/frame';
import type { ConnectTarget, Guest } from '../guest/guest';
import { answerFailures, previewFailures } from './failures';

export interface HttpRequest {
  method: string;
  url: URL;
  /** Those that belong to the connection are left out, whoever asks for them. */
  fields: readonly HttpField[];
  body?: Uint8Array;
}

export interface HttpWholeAnswer {
  status: number;
  reason: string;
  /** Names in lower case. Without those that say how the body travelled. */
  fields: readonly HttpField[];
  /** Unpacked. */
  body: Uint8Array;
}

/** What the client says itself. https://fetch.spec.whatwg.org/#forbidden-request-header */
const ownFields =
  /^(?:host|connection|content-length|transfer-encoding|accept-encoding|keep-alive|te|trailer|upgrade|expect|via|proxy-.*|sec-.*)$/i;
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/;

const unsendable = /[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]/;
const fieldLimitCharacters = 8 * 1024;
const fieldCountLimit = 64;

/**
 * Asks a service in the guest one thing, over a connection of its own, and reads the whole answer.
 * @param limitBytes of the body, unpacked
 * @throws HullError `not-http`, `preview-cut-off`, `preview-too-large`, `preview-encoding`, `preview-request`; the guest's
 * `connect-failed` when nobody listens
 */
export async function exchange(
  guest: Pick<Guest, 'connect'>,
  target: ConnectTarget,
  request: HttpRequest,
  limitBytes: number,
  signal: AbortSignal,
): Promise<HttpWholeAnswer> {
  const head = writeHead(request);
  const socket = await guest.connect(target, signal);
  const bytes = socketBytes(socket, signal);
  try {
    // Whether it was taken shows in the answer: a service may refuse a request before it has read all of it.
    void send(socket, head, request.body).catch(() => undefined);
    const answer = await readAnswer(new ByteReader(bytes, answerFailures), request.method);
    if (answer.status === 101)
      throw answerFailures.malformed('it went on in another protocol, for which nobody asked');
    const coding = answer.headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity';
    return {
      status: answer.status,
      reason: answer.reason,
      fields: answer.fields.filter(
        ([name]) =>
          !/^(?:transfer-encoding|content-encoding|content-length|connection|keep-alive)$/.test(name),
      ),
      body: await collect(unpack(answer.body, coding), limitBytes),
    };
  } finally {
    await bytes.return(undefined);
  }
}

async function send(
  socket: Awaited<ReturnType<Guest['connect']>>,
  head: Uint8Array,
  body?: Uint8Array,
): Promise<void> {
  await socket.write(head);
  if (body && body.length > 0) await socket.write(body);
}

function writeHead({ method, url, fields, body }: HttpRequest): Uint8Array {
  if (!token.test(method)) throw previewFailures.badRequest('its method is no word');
  if (fields.length > fieldCountLimit) throw previewFailures.badRequest('it has too many headers');
  const kept = fields.filter(([name]) => !ownFields.test(name));
  for (const [name, value] of kept) {
    if (!token.test(name)) throw previewFailures.badRequest('the name of a header is no word');
    if (unsendable.test(value) || value.length > fieldLimitCharacters)
      throw previewFailures.badRequest(`the header ${name} holds what no header may`);
  }
  // Packing costs an emulated processor more than the way through the agent does.
  const own: HttpField[] = [
    ['Host', url.host],
    ['Connection', 'close'],
    ['Accept-Encoding', 'identity, gzip;q=0.5'],
  ];
  if (body || /^(?:POST|PUT|PATCH)$/.test(method)) own.push(['Content-Length', String(body?.length ?? 0)]);
  const lines = [...own, ...kept].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const text = `${method} ${url.pathname}${url.search} HTTP/1.1\r\n${lines}\r\n`;
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** @param coding of Content-Encoding */
function unpack(body: AsyncIterableIterator<Uint8Array>, coding: string): AsyncIterable<Uint8Array> {
  switch (coding) {
    case 'identity':
    case '':
      return body;
    case 'gzip':
    case 'x-gzip':
      return inflate(body, 'gzip');
    case 'deflate':
      return inflate(body, 'deflate');
    default:
      throw previewFailures.encoding(coding);
  }
}

async function* inflate(
  body: AsyncIterableIterator<Uint8Array>,
  format: 'gzip' | 'deflate',
): AsyncGenerator<Uint8Array> {
  let failure: { cause: unknown } | undefined;
  const packed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const next = await body.next();
        if (next.done) controller.close();
        else controller.enqueue(new Uint8Array(next.value));
      } catch (cause) {
        failure = { cause };
        controller.error(cause);
      }
    },
  });
  const reader = packed.pipeThrough(new DecompressionStream(format)).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        // What the connection says comes before what the unpacker makes of it.
        throw failure ? failure.cause : previewFailures.badlyPacked(cause);
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

async function collect(body: AsyncIterable<Uint8Array>, limitBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of body) {
    length += part.length;
    if (length > limitBytes) throw previewFailures.tooLarge(limitBytes);
    parts.push(part);
  }
  return concatenate(...parts);
}
