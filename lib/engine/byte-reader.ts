import { HullError } from '../base/hull-error';

/** How a reader says that what it reads is wrong, or ends too early. */
export interface StreamFailures {
  malformed(what: string, cause?: unknown): HullError;
  cutOff(): HullError;
}

/** Takes bytes from a stream in the portions that its reader wants, whatever the portions in which they come. */
export class ByteReader {
  private pending: Uint8Array = new Uint8Array(0);

  /** @param failures for streams of others than the engine */
  constructor(
    private readonly source: AsyncIterator<Uint8Array, unknown>,
    readonly failures: StreamFailures = { malformed, cutOff },
  ) {}

  /** Up to `limit` bytes, at least one; undefined at the end of the stream. */
  async read(limit = Infinity): Promise<Uint8Array | undefined> {
    if (!(await this.fill())) return undefined;
    return this.take(Math.min(limit, this.pending.length));
  }

  /** Undefined when the stream ends before the first of them. @throws HullError `engine-ended` when it ends later */
  async readExactly(count: number): Promise<Uint8Array | undefined> {
    const whole = new Uint8Array(count);
    for (let filled = 0; filled < count;) {
      const part = await this.read(count - filled);
      if (!part) {
        if (filled === 0) return undefined;
        throw this.failures.cutOff();
      }
      whole.set(part, filled);
      filled += part.length;
    }
    return whole;
  }

  /** A line without its ending; undefined at the end of the stream. @throws HullError `engine-ended` when it ends within a line */
  async readLine(limit: number): Promise<string | undefined> {
    const parts: Uint8Array[] = [];
    let length = 0;
    for (;;) {
      if (!(await this.fill())) {
        if (length === 0) return undefined;
        throw this.failures.cutOff();
      }
      const newline = this.pending.indexOf(0x0a);
      const part = this.take(newline < 0 ? this.pending.length : newline + 1);
      length += part.length;
      if (length > limit) throw this.failures.malformed(`it sent a line of more than ${limit} bytes`);
      parts.push(part);
      if (newline >= 0) return textOf(parts).replace(/\r?\n$/, '');
    }
  }

  private take(count: number): Uint8Array {
    const taken = this.pending.subarray(0, count);
    this.pending = this.pending.subarray(count);
    return taken;
  }

  /** Whether there is something to take. */
  private async fill(): Promise<boolean> {
    while (this.pending.length === 0) {
      const next = await this.source.next();
      if (next.done) return false;
      this.pending = next.value;
    }
    return true;
  }
}

function textOf(parts: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return parts.map((part) => decoder.decode(part, { stream: true })).join('') + decoder.decode();
}

/** @param what goes on from "The engine's answer was not understood: " */
export function malformed(what: string, cause?: unknown): HullError<'engine-malformed'> {
  return new HullError(
    'engine-malformed',
    `The engine’s answer was not understood: ${what}.`,
    'Try again; if it stays so, restart the machine.',
    { cause },
  );
}

/** The engine's process has ended, or it gave the connection up. */
export function cutOff(): HullError<'engine-ended'> {
  return new HullError(
    'engine-ended',
    'The engine ended before its answer was whole.',
    'It starts again by itself: try again in a moment.',
  );
}
