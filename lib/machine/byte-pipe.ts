import { Emitter } from '../base/emitter';
import type { Disposable } from '../base/lifecycle';
import type { ByteChannel } from '../guest/guest';

/** A `ByteChannel` whose other side is a function. What arrives before the first listener waits for it. */
export class BytePipe implements ByteChannel {
  private readonly bytes = new Emitter<Uint8Array>();
  private readonly closed = new Emitter<string>();
  private unheard: Uint8Array[] | undefined = [];
  private closedBecause: string | undefined;
  private disposed = false;

  /** `deliver` is false when there was no room; `onDispose` tells the other side that this one is gone. */
  constructor(
    private readonly deliver: (bytes: Uint8Array) => boolean,
    private readonly onDispose: () => void = () => {},
  ) {}

  send(bytes: Uint8Array): void {
    if (this.isOver) return;
    if (!this.deliver(bytes)) this.close('more was sent to the agent than it had room for');
  }

  onBytes(listener: (bytes: Uint8Array) => void): Disposable {
    const subscription = this.bytes.on(listener);
    const unheard = this.unheard ?? [];
    this.unheard = undefined;
    for (const bytes of unheard) listener(bytes);
    return subscription;
  }

  onClose(listener: (reason: string) => void): Disposable {
    if (this.closedBecause !== undefined) listener(this.closedBecause);
    return this.closed.on(listener);
  }

  receive(bytes: Uint8Array): void {
    if (this.isOver || bytes.length === 0) return;
    if (this.unheard) this.unheard.push(bytes);
    else this.bytes.emit(bytes);
  }

  close(reason: string): void {
    if (this.isOver) return;
    this.closedBecause = reason;
    this.closed.emit(reason);
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.unheard = undefined;
    this.onDispose();
  }

  private get isOver(): boolean {
    return this.disposed || this.closedBecause !== undefined;
  }
}
