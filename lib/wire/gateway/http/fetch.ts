import { z } from 'zod';
import { HullError } from '../../../base/hull-error';
import { type Disposable, DisposableStack } from '../../../base/lifecycle';
import { formatAddress, type Ipv4Address, parseAddress } from '../../formats/addresses';
import type { HttpHeader } from '../../formats/http-head';
import type { Host } from '../host';
import type { Surroundings } from '../surroundings';
import { httpRequest } from './http-client';
import { collect } from './message-reader';

const MiB = 1024 * 1024;
/** The client writes these itself: whoever could add another would make one message read as two. */
const own = ['host', 'connection', 'content-length', 'transfer-encoding', 'expect', 'upgrade'];

/** A request to a machine's service, sent from a gateway. What is not given has the value beside it. */
export const wireRequestSchema = z.strictObject({
  /** "10.0.0.10", of the gateway's subnet. */
  address: z
    .string()
    .refine((text) => parseAddress(text) !== undefined, { message: 'must be like 10.0.0.10' }),
  port: z.int().min(1).max(65_535),
  /** "GET" */
  method: z
    .string()
    .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}$/)
    .optional(),
  /** The path with its query: "/" */
  target: z
    .string()
    .regex(/^\/[\x21-\x7e]{0,16384}$/)
    .optional(),
  /** Of the header Host: the address, with the port unless it is 80. */
  host: z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/)
    .optional(),
  headers: z
    .array(z.tuple([z.string(), z.string()]).readonly())
    .readonly()
    .refine((headers) => headers.every(([name]) => !own.includes(name.toLowerCase())), {
      message: `must have none of ${own.join(', ')}: the client writes them`,
    })
    .optional(),
  body: z.instanceof(Uint8Array).optional(),
  /** An answer whose body is longer rejects: 16 MiB, and 64 MiB at most. */
  mostBodyBytes: z
    .int()
    .min(0)
    .max(64 * MiB)
    .optional(),
  /** For all of it: 30 000 ms. */
  timeoutMs: z.number().min(1).max(3_600_000).optional(),
  /** Asks again, as long as there is nobody, nothing or another status, not more often than so. */
  until: z
    .strictObject({ status: z.int().min(100).max(599), everyMs: z.number().min(1).max(60_000) })
    .optional(),
});
export type WireRequest = z.infer<typeof wireRequestSchema>;

export interface WireResponse {
  status: number;
  reason: string;
  headers: readonly HttpHeader[];
  body: Uint8Array<ArrayBuffer>;
  /** When its head had arrived: milliseconds since 1970, with fractions, on the wire's clock. */
  headUnixMs: number;
  /** How often it was asked, this time included. */
  asked: number;
}

const usual = { method: 'GET', target: '/', mostBodyBytes: 16 * MiB, timeoutMs: 30_000 };
/** A machine that boots finds such a question in its card's queue, and nobody waits for ARP's own second. */
const solicitEveryMs = 100;
/** An answer that has taken so long may be one that never comes. */
const slowMs = 50;
const mostUnanswered = 4;

/**
 * Asks a service from a host of the wire. The request has been checked against the schema.
 * @throws HullError of TCP, of HTTP, or `http-timeout`; the signal's reason
 */
export async function fetchFrom(
  host: Host,
  surroundings: Surroundings,
  request: WireRequest,
  signal: AbortSignal,
): Promise<WireResponse> {
  const stack = new DisposableStack();
  const limit = new AbortController();
  const give = () => limit.abort(signal.reason);
  signal.addEventListener('abort', give, { once: true });
  stack.defer(() => signal.removeEventListener('abort', give));
  if (signal.aborted) give();
  const { timeoutMs = usual.timeoutMs, until } = request;
  stack.add(surroundings.after(timeoutMs, () => limit.abort(tooLate(request, timeoutMs))));
  const asking = { host, surroundings, address: parseAddress(request.address) ?? 0, request };
  try {
    if (!until) return { ...(await attempt(asking, limit.signal)), asked: 1 };
    // Who had this address before may have been another machine.
    host.arp.forget(asking.address);
    return await askUntil(asking, until, limit.signal);
  } finally {
    limit.abort(new DOMException('it is over', 'AbortError'));
    stack.dispose();
  }
}

interface Asking {
  host: Host;
  surroundings: Surroundings;
  address: Ipv4Address;
  request: WireRequest;
}

/**
 * One question after the other. A connection that was taken and is not answered at once does not hold the next one up: a
 * host may take connections for a service that is not there yet, and forget them.
 */
async function askUntil(
  asking: Asking,
  { status, everyMs }: NonNullable<WireRequest['until']>,
  signal: AbortSignal,
): Promise<WireResponse> {
  const { surroundings } = asking;
  const unanswered: AbortController[] = [];
  const wanted = new AbortController();
  let answer: WireResponse | undefined;
  let next = () => {};
  for (let asked = 1; ; asked += 1) {
    const askedAt = surroundings.now();
    const own = new AbortController();
    const give = () => own.abort(signal.reason);
    signal.addEventListener('abort', give, { once: true });
    const isOver = new Promise<void>((resolve) => {
      next = resolve;
      const late = { timer: undefined as Disposable | undefined };
      attempt(asking, own.signal, () => (late.timer = surroundings.after(slowMs, resolve)))
        .then((outcome) => {
          if (outcome.status === status) answer ??= { ...outcome, asked };
          if (!answer) return;
          wanted.abort();
          next();
        })
        .catch(() => undefined)
        .finally(() => {
          late.timer?.dispose();
          signal.removeEventListener('abort', give);
          unanswered.splice(unanswered.indexOf(own), 1);
          resolve();
        });
    });
    unanswered.push(own);
    if (unanswered.length > mostUnanswered) unanswered[0]?.abort(new DOMException('too late', 'AbortError'));
    await isOver;
    if (!answer) await pause(surroundings, askedAt + everyMs - surroundings.now(), signal, wanted.signal);
    if (answer) return answer;
  }
}

async function attempt(
  { host, surroundings, address, request }: Asking,
  signal: AbortSignal,
  onConnected: () => void = () => {},
): Promise<Omit<WireResponse, 'asked'>> {
  const { port, method = usual.method, target = usual.target, headers = [], body } = request;
  const local = host.options.address;
  if (request.until) await found(host, surroundings, address, signal);
  const stream = await host.tcp.connect(local, { address, port }, signal);
  const onAbort = () => stream.abort('the request was cancelled.');
  signal.addEventListener('abort', onAbort, { once: true });
  onConnected();
  try {
    const {
      status,
      reason,
      headers: answered,
      body: chunks,
    } = await httpRequest(stream, {
      method,
      target,
      host: request.host ?? (port === 80 ? request.address : `${formatAddress(address)}:${port}`),
      headers,
      ...(body && { body }),
    });
    const headUnixMs = surroundings.unixMs();
    const whole = await collect(chunks, request.mostBodyBytes ?? usual.mostBodyBytes);
    return { status, reason, headers: answered, body: whole, headUnixMs };
  } catch (error) {
    stream.abort('its answer was not wanted.');
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Asks who has the address, as long as nobody answers: TCP would wait longer and longer between its questions. */
async function found(
  host: Host,
  surroundings: Surroundings,
  address: Ipv4Address,
  signal: AbortSignal,
): Promise<void> {
  const known = new AbortController();
  const waiting = host.arp.whenKnown(address, () => known.abort());
  try {
    while (!known.signal.aborted) {
      host.solicit(address);
      await pause(surroundings, solicitEveryMs, signal, known.signal);
    }
  } finally {
    waiting.dispose();
  }
}

/** Resolves when the time has passed or `early` is aborted, rejects with the signal's reason. */
function pause(
  surroundings: Surroundings,
  ms: number,
  signal: AbortSignal,
  early: AbortSignal,
): Promise<void> {
  const stack = new DisposableStack();
  const hear = (one: AbortSignal, then: () => void) => {
    if (one.aborted) return then();
    one.addEventListener('abort', then, { once: true });
    stack.defer(() => one.removeEventListener('abort', then));
  };
  return new Promise<void>((resolve, reject) => {
    stack.add(surroundings.after(Math.max(0, ms), resolve));
    hear(early, resolve);
    hear(signal, () => reject(signal.reason));
  }).finally(() => stack.dispose());
}

function tooLate({ address, port, until }: WireRequest, timeoutMs: number): HullError<'http-timeout'> {
  const wanted = until ? `did not answer ${until.status}` : 'has not answered';
  return new HullError(
    'http-timeout',
    `${address}:${port} ${wanted} within ${timeoutMs / 1000} s.`,
    'Check that a program listens on that port, and that the machine’s link is up.',
  );
}
