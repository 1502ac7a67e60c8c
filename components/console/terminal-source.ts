import type { Disposable } from '@/lib/base/lifecycle';

/** A stream with a terminal's size. A machine's `console` is one; `PtySource` makes one of a shell opened through the agent. */
export interface TerminalSource {
  write(bytes: Uint8Array): void;
  /** What came out before is handed to a new listener at once, during the call. */
  onOutput(listener: (bytes: Uint8Array) => void): Disposable;
  resize(size: { rows: number; columns: number }): void;
  /** Present where the other side can be told to wait. */
  readonly flow?: { pause(): void; resume(): void };
}
