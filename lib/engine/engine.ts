import { HullError, messageOf } from '../base/hull-error';
import type { Guest } from '../guest/guest';
import { ByteReader, malformed } from './byte-reader';
import { type HttpAnswer, readAnswer } from './http-answer';
import { parseJson, readJsonLines } from './json-lines';
import { type LogPart, readMultiplexed, readRaw } from './log-stream';
import {
  type Container,
  type EngineEvent,
  type Image,
  type Json,
  type Network,
  schemas,
  type Volume,
} from './schemas';
import { socketBytes } from './socket-bytes';

export const engineSocket = '/run/docker.sock';
const version = 'v1.44';

/** Docker's own clients take as long lists as come; a page that shows them need not. */
const bodyLimitBytes = 4 * 1024 * 1024;
const eventLimitBytes = 64 * 1024;

export type ObjectKind = 'containers' | 'images' | 'volumes' | 'networks';

export interface LogOptions {
  /** Goes on with what is said later. */
  follow?: boolean;
  /** Only so many of the last lines; all without it. */
  tail?: number;
}

/**
 * The container engine of a guest, by Docker's API. Every call is a connection of its own.
 * What the engine refuses is a HullError `engine-refused` with the engine's own sentence.
 */
export class Engine {
  constructor(private readonly guest: Pick<Guest, 'connect'>) {}

  /** Those that do not run as well. */
  containers(signal: AbortSignal): Promise<Container[]> {
    return this.ask('GET', '/containers/json?all=1', schemas.containers, signal);
  }

  images(signal: AbortSignal): Promise<Image[]> {
    return this.ask('GET', '/images/json', schemas.images, signal);
  }

  volumes(signal: AbortSignal): Promise<Volume[]> {
    return this.ask('GET', '/volumes', schemas.volumes, signal);
  }

  networks(signal: AbortSignal): Promise<Network[]> {
    return this.ask('GET', '/networks', schemas.networks, signal);
  }

  /** What `docker inspect` prints of an object. */
  inspect(kind: ObjectKind, name: string, signal: AbortSignal): Promise<Json> {
    const ending = kind === 'containers' || kind === 'images' ? '/json' : '';
    return this.ask('GET', `/${kind}/${encodeURIComponent(name)}${ending}`, schemas.anything, signal);
  }

  /** Nothing happens to a container that runs. */
  start(container: string, signal: AbortSignal): Promise<void> {
    return this.tell('POST', `/containers/${encodeURIComponent(container)}/start`, signal);
  }

  /** Resolves when it has ended: it is asked, and killed when it has not ended by itself after ten seconds. */
  stop(container: string, signal: AbortSignal): Promise<void> {
    return this.tell('POST', `/containers/${encodeURIComponent(container)}/stop`, signal);
  }

  /** Refused for what is in use, unless by force. */
  remove(
    kind: ObjectKind,
    name: string,
    signal: AbortSignal,
    { force = false }: { force?: boolean } = {},
  ): Promise<void> {
    return this.tell('DELETE', `/${kind}/${encodeURIComponent(name)}${force ? '?force=1' : ''}`, signal);
  }

  /** What a container's cgroup is charged with at this moment. Bytes. */
  async memoryOf(container: string, signal: AbortSignal): Promise<number> {
    const path = `/containers/${encodeURIComponent(container)}/stats?stream=0&one-shot=1`;
    return (await this.ask('GET', path, schemas.stats, signal)).memory_stats.usage;
  }

  /** Resolves when the engine answers. */
  ping(signal: AbortSignal): Promise<void> {
    return this.tell('GET', '/_ping', signal);
  }

  /** What a container has printed. Ends with the log, and with `follow` when the container does. */
  async *logs(
    container: string,
    { follow = false, tail }: LogOptions,
    signal: AbortSignal,
  ): AsyncGenerator<LogPart> {
    const query = `stdout=1&stderr=1&follow=${follow ? 1 : 0}&tail=${tail ?? 'all'}`;
    const answer = await this.send(
      'GET',
      `/containers/${encodeURIComponent(container)}/logs?${query}`,
      signal,
    );
    const isTerminal = answer.headers.get('content-type') === 'application/vnd.docker.raw-stream';
    yield* (isTerminal ? readRaw : readMultiplexed)(new ByteReader(answer.body));
  }

  /**
   * Resolves when the engine listens to us: what happens from then on is in the stream, which ends with the engine or
   * with the signal's reason.
   */
  async events(signal: AbortSignal): Promise<AsyncGenerator<EngineEvent>> {
    const { body } = await this.send('GET', '/events', signal);
    return readJsonLines(new ByteReader(body), schemas.event, eventLimitBytes);
  }

  private async ask<T>(
    method: string,
    path: string,
    schema: { parse(value: unknown): T },
    signal: AbortSignal,
  ): Promise<T> {
    const { body } = await this.send(method, path, signal);
    return parseJson(await collect(body), schema);
  }

  private async tell(method: string, path: string, signal: AbortSignal): Promise<void> {
    const { body } = await this.send(method, path, signal);
    await collect(body);
  }

  /** The answer when it is not a refusal. Whoever does not read its body to the end aborts. */
  private async send(method: string, path: string, signal: AbortSignal): Promise<HttpAnswer> {
    const socket = await this.guest.connect({ type: 'unix', path: engineSocket }, signal);
    const bytes = socketBytes(socket, signal);
    try {
      // Reading tells of a connection that was lost; a write that it cuts off need not.
      const head = `${method} /${version}${path} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
      socket.write(new TextEncoder().encode(head)).catch(() => undefined);
      const answer = await readAnswer(new ByteReader(bytes));
      // 304: it is already as it was told to be.
      if (answer.status >= 400) throw refusal(answer.status, await collect(answer.body));
      return { ...answer, body: closing(answer.body, bytes) };
    } catch (error) {
      await bytes.return(undefined);
      throw error;
    }
  }
}

/** The body, after which its connection is closed. */
async function* closing(
  body: AsyncIterable<Uint8Array>,
  connection: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } finally {
    await connection.return(undefined);
  }
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let length = 0;
  for await (const part of body) {
    length += part.length;
    if (length > bodyLimitBytes) throw malformed(`it is longer than ${bodyLimitBytes} bytes`);
    text += decoder.decode(part, { stream: true });
  }
  return text + decoder.decode();
}

const remedies: Readonly<Record<number, string>> = {
  404: 'It may have been removed meanwhile: look at the list.',
  409: 'Something else uses it or stands in its way: stop or remove that first.',
};

function refusal(status: number, body: string): HullError<'engine-refused'> {
  const sentence = (() => {
    try {
      return schemas.refusal.parse(JSON.parse(body)).message;
    } catch (cause) {
      return `it answered with status ${status}, and ${messageOf(cause)}`;
    }
  })();
  return new HullError(
    'engine-refused',
    `The engine refused: ${sentence.replace(/\.?\s*$/, '.')}`,
    remedies[status] ?? 'Look at the engine’s log, /var/log/hulld.log, and try again.',
  );
}
