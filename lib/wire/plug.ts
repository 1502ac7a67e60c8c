import type { Frame, FrameSink, Offloads } from './frame';
import { FramePort, allOffloads, noOffloads } from './frame-port';
import { emitComplete, isTakenBy } from './frame-segments';
import type { Turns } from './turns';

/** What sits in a port's socket. */
export interface Plug {
  readonly kind: 'card' | 'gateway';
  /** Takes a frame from the cable. */
  deliver(frame: Frame): void;
  /** Tells whether the cable is whole. */
  setLink(up: boolean): void;
  /** Messages and frames that were none, and superframes that could not be cut. */
  readonly malformed: number;
  dispose(): void;
}

export interface PlugSurroundings {
  turns: Turns;
  /** What the card sends goes here. */
  toCable: FrameSink;
  /** The frame found no room in the card. */
  onFull(frame: Frame): void;
  /** The card is gone: its worker ended, or its end was closed. */
  onGone(): void;
}

/** What may wait for a card that is busy or paused, as in Linux's queue before a tap device (1000) with full frames. */
const mostWaiting = { frames: 1000, bytes: 2 * 1024 * 1024 };

/** A machine's card, through its MessagePort. */
export class CardPlug implements Plug {
  readonly kind = 'card';
  private readonly port: FramePort;
  private waiting: Frame[] = [];
  private waitingBytes = 0;

  constructor(
    nic: MessagePort,
    private readonly surroundings: PlugSurroundings,
  ) {
    const { turns, toCable } = surroundings;
    this.port = new FramePort(nic, {
      onFrames: (frames) => turns.take(() => frames.forEach(toCable)),
      onRoom: () => this.drain(),
      onClosed: () => surroundings.onGone(),
    });
    // Whatever comes is passed on: what the receiving card cannot do is done when it is handed over.
    this.port.accept(allOffloads);
  }

  get malformed(): number {
    return this.port.malformed;
  }

  deliver(frame: Frame): void {
    if (this.waiting.length === 0 && this.port.send(frame)) this.surroundings.turns.finally(this.flush);
    else if (
      this.waiting.length < mostWaiting.frames &&
      this.waitingBytes + frame.length <= mostWaiting.bytes
    ) {
      this.waiting.push(frame);
      this.waitingBytes += frame.length;
    } else this.surroundings.onFull(frame);
  }

  setLink(up: boolean): void {
    this.port.setLink(up);
  }

  dispose(): void {
    this.port.dispose();
    this.waiting = [];
  }

  private readonly flush = (): void => this.port.flush();

  private drain(): void {
    let sent = 0;
    for (const frame of this.waiting) {
      const { length } = frame;
      if (!this.port.send(frame)) break;
      this.waitingBytes -= length;
      sent += 1;
    }
    this.waiting.splice(0, sent);
  }
}

/** Something in this thread. */
export class FunctionPlug implements Plug {
  readonly kind = 'card';
  malformed = 0;

  constructor(
    private readonly receive: FrameSink,
    private readonly offloads: Offloads = noOffloads,
    private readonly onLink: (up: boolean) => void = () => {},
  ) {}

  deliver(frame: Frame): void {
    if (isTakenBy(this.offloads, frame)) this.receive(frame);
    else if (!emitComplete(frame, this.receive)) this.malformed += 1;
  }

  setLink(up: boolean): void {
    this.onLink(up);
  }

  dispose(): void {}
}
