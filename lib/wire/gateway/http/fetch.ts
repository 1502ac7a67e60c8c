import { z } from 'zod';
import { HullError } from '../../../base/hull-error';
import { type Disposable, DisposableStack, toDisposable } from '../../../base/lifecycle';
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
/** A machine that boots hears this as soon as its card is up, and nobody waits for ARP's own second. */
const solicitEveryMs = 100;

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
  const address = parseAddress(request.address) ?? 0;
  try {
    // Who had this address before may have been another machine.
    if (until) host.arp.forget(address);
    for (let asked = 1; ; asked += 1) {
      const askedAt = surroundings.now();
      const outcome = await attempt(host, surroundings, address, request, limit.signal).catch(
        (error: unknown) => {
          if (!until || limit.signal.aborted) throw error;
        },
      );
      if (outcome && (!until || outcome.status === until.status)) return { ...outcome, asked };
      await pause(surroundings, askedAt + (until?.everyMs ?? 0) - surroundings.now(), limit.signal);
    }
  } finally {
    stack.dispose();
  }
}

async function attempt(
  host: Host,
  surroundings: Surroundings,
  address: Ipv4Address,
  request: WireRequest,
  signal: AbortSignal,
): Promise<Omit<WireResponse, 'asked'>> {
  const { port, method = usual.method, target = usual.target, headers = [], body } = request;
  const local = host.options.address;
  const solicited = request.until ? solicit(host, surroundings, address) : undefined;
  const stream = await host.tcp.connect(local, { address, port }, signal).finally(() => solicited?.dispose());
  const onAbort = () => stream.abort('the request was cancelled.');
  signal.addEventListener('abort', onAbort, { once: true });
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

/** Asks who has the address, as long as nobody answers. */
function solicit(host: Host, surroundings: Surroundings, address: Ipv4Address): Disposable {
  let timer = surroundings.after(solicitEveryMs, again);
  function again(): void {
    timer = surroundings.after(solicitEveryMs, again);
    host.solicit(address);
  }
  return toDisposable(() => timer.dispose());
}

function pause(surroundings: Surroundings, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      timer.dispose();
      reject(signal.reason);
    };
    const timer = surroundings.after(Math.max(0, ms), () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

function tooLate({ address, port, until }: WireRequest, timeoutMs: number): HullError<'http-timeout'> {
  const wanted = until ? `did not answer ${until.status}` : 'has not answered';
  return new HullError(
    'http-timeout',
    `${address}:${port} ${wanted} within ${timeoutMs / 1000} s.`,
    'Check that a program listens on that port, and that the machine’s link is up.',
  );
}
