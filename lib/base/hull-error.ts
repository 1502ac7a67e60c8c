/**
 * An error that a person can act on. `code` is stable and for programs, `message` says what happened,
 * `remedy` says what to do about it.
 */
export class HullError<Code extends string = string> extends Error {
  constructor(
    readonly code: Code,
    message: string,
    readonly remedy: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'HullError';
  }
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
