import { Emitter } from '@/lib/base/emitter';
import { type Disposable, DisposableStack } from '@/lib/base/lifecycle';
import type { GuestPty } from '@/lib/guest/guest';
import type { TerminalSource } from './terminal-source';

/** Enough for a full screen of scrollback at 100 columns; older output is dropped. */
const replayBytes = 128 * 1024;

/** A shell of the guest as a terminal's source. Owns the PTY. */
export class PtySource implements TerminalSource, Disposable {
  readonly flow: { pause(): void; resume(): void };
  private readonly owned = new DisposableStack();
  private readonly output = new Emitter<Uint8Array>();
  private readonly replay: Uint8Array[] = [];
  private replayLength = 0;

  constructor(private readonly pty: GuestPty) {
    this.owned.add(pty);
    this.owned.add(pty.onData((bytes) => this.take(bytes)));
    this.flow = { pause: () => pty.pause(), resume: () => pty.resume() };
  }

  write(bytes: Uint8Array): void {
    // A shell that has ended takes nothing more; the tab shows how it ended from `pty.exit`.
    this.pty.write(bytes).catch(() => undefined);
  }

  onOutput(listener: (bytes: Uint8Array) => void): Disposable {
    for (const bytes of this.replay) listener(bytes);
    return this.output.on(listener);
  }

  resize(size: { rows: number; columns: number }): void {
    this.pty.resize(size);
  }

  dispose(): void {
    this.owned.dispose();
  }

  private take(bytes: Uint8Array): void {
    this.replay.push(bytes);
    this.replayLength += bytes.length;
    while (this.replayLength > replayBytes && this.replay.length > 1) {
      this.replayLength -= this.replay.shift()?.length ?? 0;
    }
    this.output.emit(bytes);
  }
}
