// images/engine/xray/STREAM.md
import { z } from 'zod';
import type { Guest } from '../guest/guest';
import { ByteReader } from './byte-reader';
import { readJsonLines } from './json-lines';
import { socketBytes } from './socket-bytes';

export const xraySocket = '/run/docker/xray.sock';

/** A step holds a path at most. */
const lineLimitBytes = 64 * 1024;

/** When something happened, by the guest's clock: milliseconds since the epoch, and how long it took. */
const span = { unixNs: z.number(), ns: z.number().nonnegative() };
const times = ({ unixNs, ns }: { unixNs: number; ns: number }) => ({ unixMs: unixNs / 1e6, ms: ns / 1e6 });

const xrayEvent = z.discriminatedUnion('type', [
  z
    .object({
      type: z.literal('call'),
      ...span,
      method: z.string(),
      path: z.string(),
      status: z.number().int().default(0),
    })
    .transform(({ type, method, path, status, ...when }) => ({
      type,
      ...times(when),
      method,
      path: path.replace(/^\/v[\d.]+(?=\/)/, ''),
      status,
    })),
  z
    .object({ type: z.literal('step'), ...span, container: z.string(), step: z.json() })
    .transform(({ type, container, step, ...when }) => ({ type, ...times(when), container, step })),
  z.object({ type: z.literal('lost'), count: z.number().int() }),
]);

/**
 * `call`: a request to the engine's API, its path without the version. `step`: a system call of the OCI runtime, as
 * images/runtime/TRACE.md has it. `lost`: so many events are missing.
 */
export type XrayEvent = z.infer<typeof xrayEvent>;

/** What the engine does from now on, each thing when it is over. Ends with the engine or with the signal's reason. */
export async function watchEngine(
  guest: Pick<Guest, 'connect'>,
  signal: AbortSignal,
): Promise<AsyncGenerator<XrayEvent>> {
  const socket = await guest.connect({ type: 'unix', path: xraySocket }, signal);
  return readXray(new ByteReader(socketBytes(socket, signal)));
}

export function readXray(reader: ByteReader): AsyncGenerator<XrayEvent> {
  return readJsonLines(reader, xrayEvent, lineLimitBytes);
}
