import { HullError } from '../base/hull-error';
import { type Disposable, toDisposable } from '../base/lifecycle';
import { bufferPayloadBytes, type Frame, frameTypes, type FrameType } from './frame';
import type { ExitStatus } from './guest';
import { malformed, parsePayload, receiveWindowBytes, schemas, writeWindow } from './messages';

/** Consumed bytes are given back to the agent in portions of at least this, so that few frames do. */
const windowPortionBytes = receiveWindowBytes / 4;

interface PendingWrite {
  /** undefined: end of stream. */
  bytes: Uint8Array | undefined;
  resolve(): void;
  reject(error: HullError): void;
}

/** A promise with its handles, whose rejection nobody has to wait for. */
class Deferred<T> {
  resolve!: (value: T) => void;
  reject!: (error: HullError) => void;
  readonly promise = new Promise<T>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });

  constructor() {
    this.promise.catch(() => {});
  }
}

/** DATA and DATA_ERROR, in the order in which they came. */
interface Heard {
  listeners: ReadonlySet<(bytes: Uint8Array) => void>;
  bytes: Uint8Array;
}

/** What a channel needs of its session. */
export interface ChannelLine {
  send(type: FrameType, payload?: Uint8Array): void;
  /** The agent knows this channel no more. */
  released(): void;
}

export interface ChannelPurpose {
  /** What failed when the agent says why: `/etc/hosts could not be read`. */
  failure: string;
  /** Data waits for the first listener; otherwise it is dropped while nobody listens. */
  keepsUnheard?: boolean;
}

const remedies: Readonly<Record<string, string>> = {
  'exec-failed': 'Look at the name of the program and at its path in the guest.',
  'connect-failed': 'See whether the service in the guest runs and listens there.',
  'file-failed': 'Look at the path in the guest.',
  'too-many-channels': 'Close other processes, files or connections in the guest first.',
};

/** One channel of the agent: an opening, bytes both ways under windows, an ending. */
export class GuestChannel implements Disposable {
  private readonly openedDeferred = new Deferred<void>();
  private readonly endedDeferred = new Deferred<void>();
  private readonly exitDeferred = new Deferred<ExitStatus>();
  private readonly closedDeferred = new Deferred<void>();

  /** Resolves when the agent has opened it; channels that only answer and close never are. */
  readonly opened = this.openedDeferred.promise;
  /** Resolves when the guest's side has sent its last byte. */
  readonly ended = this.endedDeferred.promise;
  readonly exit = this.exitDeferred.promise;
  /** Resolves when the channel has ended as it should, rejects with the agent's reason otherwise. */
  readonly closed = this.closedDeferred.promise;

  private readonly dataListeners = new Set<(bytes: Uint8Array) => void>();
  private readonly errorListeners = new Set<(bytes: Uint8Array) => void>();
  private unheard: Heard[] = [];
  private consumedBytes = 0;
  private paused = false;
  private readonly whenHeard: (() => void)[] = [];
  private sendWindow = 0;
  private readonly writes: PendingWrite[] = [];
  private over: HullError | undefined;

  constructor(
    private readonly line: ChannelLine,
    private readonly purpose: ChannelPurpose,
  ) {}

  onData(listener: (bytes: Uint8Array) => void): Disposable {
    this.dataListeners.add(listener);
    this.deliver();
    return toDisposable(() => this.dataListeners.delete(listener));
  }

  onErrorData(listener: (bytes: Uint8Array) => void): Disposable {
    this.errorListeners.add(listener);
    return toDisposable(() => this.errorListeners.delete(listener));
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.deliver();
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.enqueue(bytes);
  }

  end(): Promise<void> {
    return this.enqueue(undefined);
  }

  /** For frames without flow control: signals, sizes. */
  tell(type: FrameType, payload: Uint8Array): void {
    if (!this.over) this.line.send(type, payload);
  }

  /** Gives the channel up; the agent ends what it stands for. */
  dispose(): void {
    this.giveUp(new HullError('agent-channel-closed', 'this side has closed the channel', 'Open it again.'));
  }

  giveUp(error: HullError): void {
    if (!this.over) this.line.send(frameTypes.close);
    this.finish(this.over ?? error);
  }

  /** A frame of the agent. */
  receive({ type, payload }: Frame): void {
    if (type === frameTypes.close) {
      this.line.released();
      this.close(parsePayload(schemas.close, payload));
      return;
    }
    if (this.over) return;
    switch (type) {
      case frameTypes.opened:
        this.sendWindow += parsePayload(schemas.opened, payload).window;
        this.openedDeferred.resolve();
        this.pump();
        break;
      case frameTypes.window:
        if (payload.length !== 4) throw malformed('the agent sent a window that is no number');
        this.sendWindow += new DataView(payload.buffer, payload.byteOffset).getUint32(0, true);
        this.pump();
        break;
      case frameTypes.data:
        this.hear({ listeners: this.dataListeners, bytes: payload });
        break;
      case frameTypes.dataError:
        this.hear({ listeners: this.errorListeners, bytes: payload });
        break;
      case frameTypes.end:
        this.afterData(() => this.endedDeferred.resolve());
        break;
      case frameTypes.exit:
        this.takeExit(parsePayload(schemas.exit, payload));
        break;
      default:
        throw malformed(`the agent sent a frame of unknown type ${type}`);
    }
  }

  /** The session is over. */
  fail(error: HullError): void {
    if (!this.over) this.finish(error);
  }

  /** What comes after the data: runs when nobody waits for any of it. */
  private afterData(then: () => void): void {
    this.whenHeard.push(then);
    this.deliver();
  }

  private close({ code, message = '' }: { code?: string | undefined; message?: string | undefined }): void {
    if (this.over) return;
    if (code !== undefined) {
      const remedy = remedies[code] ?? 'Try again; if it fails again, restart the machine.';
      return this.finish(new HullError(code, `${this.purpose.failure}: ${message}`, remedy));
    }
    this.over = new HullError('agent-channel-closed', 'the channel has ended', 'Open it again.');
    const over = this.over;
    this.afterData(() => {
      this.closedDeferred.resolve();
      this.openedDeferred.resolve();
      this.endedDeferred.resolve();
      this.finish(over);
    });
  }

  private takeExit(status: ExitStatus): void {
    this.afterData(() => this.exitDeferred.resolve(status));
  }

  /** Promises that have been resolved before are not touched by their rejection. */
  private finish(error: HullError): void {
    this.over = error;
    const { openedDeferred, endedDeferred, exitDeferred, closedDeferred } = this;
    for (const deferred of [openedDeferred, endedDeferred, exitDeferred, closedDeferred])
      deferred.reject(error);
    for (const write of this.writes.splice(0)) write.reject(error);
  }

  /** What waits is bounded by the window: only what has been delivered is given back. */
  private hear(heard: Heard): void {
    this.unheard.push(heard);
    this.deliver();
  }

  private deliver(): void {
    let next = this.unheard[0];
    for (; next && !this.paused; next = this.unheard[0]) {
      if (next.listeners.size === 0 && this.purpose.keepsUnheard) break;
      this.unheard.shift();
      for (const listener of [...next.listeners]) listener(next.bytes);
      this.consume(next.bytes.length);
    }
    // Data that nobody has asked for holds up nobody either.
    if (!next || next.listeners.size === 0) this.whenHeard.splice(0).forEach((then) => then());
  }

  private consume(bytes: number): void {
    this.consumedBytes += bytes;
    if (this.over || this.consumedBytes < windowPortionBytes) return;
    this.line.send(frameTypes.window, writeWindow(this.consumedBytes));
    this.consumedBytes = 0;
  }

  private enqueue(bytes: Uint8Array | undefined): Promise<void> {
    if (this.over) return Promise.reject(this.over);
    const written = new Promise<void>((resolve, reject) => this.writes.push({ bytes, resolve, reject }));
    // A writer that does not wait learns of the failure elsewhere.
    written.catch(() => {});
    this.pump();
    return written;
  }

  private isOpen = false;

  private pump(): void {
    this.isOpen ||= this.sendWindow > 0;
    for (let write = this.writes[0]; write && this.isOpen; write = this.writes[0]) {
      if (write.bytes === undefined) {
        this.line.send(frameTypes.end);
      } else {
        write.bytes = this.sendPart(write.bytes);
        if (write.bytes.length > 0) return;
      }
      this.writes.shift();
      write.resolve();
    }
  }

  /** Sends as much as the window allows; returns the rest. */
  private sendPart(bytes: Uint8Array): Uint8Array {
    let rest = bytes;
    while (rest.length > 0 && this.sendWindow > 0) {
      const part = rest.subarray(0, Math.min(this.sendWindow, bufferPayloadBytes));
      this.line.send(frameTypes.data, part);
      this.sendWindow -= part.length;
      rest = rest.subarray(part.length);
    }
    return rest;
  }
}
