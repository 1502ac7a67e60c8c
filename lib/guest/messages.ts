import { z } from 'zod';
import { HullError } from '../base/hull-error';
import { maxPayloadBytes } from './frame';
import type { ConnectTarget, ExecSpec, Identity, PtySpec } from './guest';

/**
 * Payloads: binary towards the agent, which is C; JSON from it, which a schema reads. images/init/PROTOCOL.md.
 */

const exitStatusSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('exited'), code: z.number().int() }),
  z.object({ type: z.literal('signaled'), signal: z.number().int() }),
]);

export const schemas = {
  hello: z.object({ version: z.number().int(), profile: z.string() }),
  opened: z.object({ window: z.number().int().nonnegative(), pid: z.number().int() }),
  exit: exitStatusSchema,
  /** Without a code: it ended as it should. */
  close: z.object({ code: z.string().optional(), message: z.string().optional() }),
  fault: z.object({ code: z.string(), message: z.string() }),
  event: z.discriminatedUnion('type', [
    z.object({ type: z.literal('service-ready'), name: z.string() }),
    z.object({
      type: z.literal('process-died'),
      pid: z.number().int(),
      status: exitStatusSchema,
      name: z.string(),
    }),
  ]),
  metrics: z.object({
    uptimeMs: z.number(),
    memoryTotal: z.number(),
    memoryFree: z.number(),
    memoryAvailable: z.number(),
    processes: z.number(),
    load: z.tuple([z.number(), z.number(), z.number()]),
  }),
};

/** Throws a HullError `agent-malformed` when the agent's JSON is not what it should be. */
export function parsePayload<T>(schema: z.ZodType<T>, payload: Uint8Array): T {
  try {
    return schema.parse(JSON.parse(new TextDecoder().decode(payload)));
  } catch (cause) {
    throw malformed('the agent sent a message that this page does not understand', cause);
  }
}

export function malformed(message: string, cause?: unknown): HullError<'agent-malformed'> {
  return new HullError(
    'agent-malformed',
    message,
    'Restart the machine; if it happens again, reload the page.',
    {
      cause,
    },
  );
}

/** Little-endian fields, one after the other. */
class Payload {
  private readonly parts: Uint8Array[] = [];

  uint(value: number | bigint, bytes: 1 | 2 | 4 | 8): this {
    const field = new Uint8Array(8);
    new DataView(field.buffer).setBigUint64(0, BigInt(value), true);
    return this.bytes(field.subarray(0, bytes));
  }

  bytes(bytes: Uint8Array): this {
    this.parts.push(bytes);
    return this;
  }

  string(text: string): this {
    if (text.includes('\0')) {
      throw new HullError(
        'bad-argument',
        'a string for the guest holds a NUL',
        'Take the NUL character out.',
      );
    }
    return this.bytes(new TextEncoder().encode(text)).uint(0, 1);
  }

  finish(): Uint8Array {
    const whole = new Uint8Array(this.parts.reduce((length, part) => length + part.length, 0));
    let offset = 0;
    for (const part of this.parts) {
      whole.set(part, offset);
      offset += part.length;
    }
    if (whole.length > maxPayloadBytes) {
      throw new HullError(
        'bad-argument',
        `arguments and environment of ${whole.length} bytes are more than the agent takes (${maxPayloadBytes})`,
        'Write them to a file in the guest first.',
      );
    }
    return whole;
  }
}

/** Numbers of the kinds of channels in FRAME_OPEN. */
const kinds = { exec: 1, pty: 2, read: 3, write: 4, tcp: 5, unix: 6, metrics: 7, identity: 8 } as const;

/** Bytes that the client takes on a channel before it says that it takes more. */
export const receiveWindowBytes = 256 * 1024;

function open(kind: keyof typeof kinds): Payload {
  return new Payload().uint(kinds[kind], 1).uint(receiveWindowBytes, 4);
}

function program(payload: Payload, { argv, env = {}, cwd = '' }: ExecSpec): Uint8Array {
  const variables = Object.entries(env);
  payload.string(cwd).uint(argv.length, 2).uint(variables.length, 2);
  for (const argument of argv) payload.string(argument);
  for (const [name, value] of variables) payload.string(`${name}=${value}`);
  return payload.finish();
}

export const writeOpen = {
  exec: (spec: ExecSpec) => program(open('exec'), spec),
  pty: (spec: PtySpec) => program(open('pty').uint(spec.rows, 2).uint(spec.columns, 2), spec),
  read: (path: string) => open('read').string(path).finish(),
  write: (path: string, mode: number) => open('write').uint(mode, 4).string(path).finish(),
  connect: (target: ConnectTarget) =>
    target.type === 'tcp'
      ? open('tcp')
          .uint(target.port, 2)
          .string(target.host ?? '127.0.0.1')
          .finish()
      : open('unix').string(target.path).finish(),
  metrics: () => open('metrics').finish(),
  identity: ({ unixNs, entropy, hostname = '', nic }: Identity) =>
    open('identity')
      .uint(unixNs, 8)
      .uint(entropy.length, 2)
      .bytes(entropy)
      .string(hostname)
      .string(nic?.mac ?? '')
      .string(nic?.address ?? '')
      .finish(),
};

export function writeWindow(bytes: number): Uint8Array {
  return new Payload().uint(bytes, 4).finish();
}

export function writeSize(size: { rows: number; columns: number }): Uint8Array {
  return new Payload().uint(size.rows, 2).uint(size.columns, 2).finish();
}

export function writeSignal(signal: number): Uint8Array {
  return new Payload().uint(signal, 1).finish();
}
