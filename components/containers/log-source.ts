import { messageOf } from '@/lib/base/hull-error';
import { Emitter } from '@/lib/base/emitter';
import type { Disposable } from '@/lib/base/lifecycle';
import type { Engine } from '@/lib/engine/engine';
import type { TerminalSource } from '../console/terminal-source';

/** About as many as a terminal keeps. */
const lines = 1000;
const newline = 0x0a;
const carriageReturn = 0x0d;

/** A container's log as a terminal shows it; follows it until disposed of. Reads while somebody listens. */
export class LogSource implements TerminalSource, Disposable {
  private readonly output = new Emitter<Uint8Array>();
  private readonly abort = new AbortController();
  private hasBegun = false;
  private last = 0;
  private goOn = () => {};
  private waiting: Promise<void> | undefined;

  readonly flow = {
    pause: () => {
      this.waiting ??= new Promise((resolve) => (this.goOn = resolve));
    },
    resume: () => {
      this.goOn();
      this.waiting = undefined;
    },
  };

  constructor(
    private readonly engine: Pick<Engine, 'logs'>,
    private readonly container: string,
  ) {}

  onOutput(listener: (bytes: Uint8Array) => void): Disposable {
    const subscription = this.output.on(listener);
    if (!this.hasBegun) void this.read();
    this.hasBegun = true;
    return subscription;
  }

  write(): void {
    // A log takes no input.
  }

  resize(): void {
    // What was printed was printed for another size.
  }

  dispose(): void {
    this.abort.abort();
    this.flow.resume();
  }

  private async read(): Promise<void> {
    const { signal } = this.abort;
    try {
      for await (const { bytes } of this.engine.logs(this.container, { follow: true, tail: lines }, signal)) {
        this.output.emit(this.forTerminal(bytes));
        await this.waiting;
      }
      this.say('The log ends here: the container does not run.');
    } catch (cause) {
      if (!signal.aborted) this.say(messageOf(cause));
    }
  }

  private say(sentence: string): void {
    const start = this.last === newline || this.last === 0 ? '' : '\r\n';
    this.output.emit(new TextEncoder().encode(`${start}\x1b[2m[${sentence}]\x1b[0m\r\n`));
  }

  /** Programs that have no terminal end their lines with a newline alone. */
  private forTerminal(bytes: Uint8Array): Uint8Array {
    const shown: number[] = [];
    for (const byte of bytes) {
      if (byte === newline && this.last !== carriageReturn) shown.push(carriageReturn);
      shown.push(byte);
      this.last = byte;
    }
    return Uint8Array.from(shown);
  }
}
