import type { Disposable } from '../base/lifecycle';
import type { Frame, Offloads, PortMessage } from './frame';
import { headerBytes } from './frame-header';
import { emitComplete, isTakenBy } from './frame-segments';

/** The most that one end of a port has on the way to the other. 16 superframes, or a second of 64-byte frames at 1 Mbit/s. */
export const portWindow = { frames: 1024, bytes: 1024 * 1024 } as const;

export const noOffloads: Offloads = { checksum: false, tcp4: false, tcp6: false, udp: false, vxlan: false };
export const allOffloads: Offloads = { checksum: true, tcp4: true, tcp6: true, udp: true, vxlan: true };

export interface FramePortEvents {
  /**
   * One message's frames. With `holds`, the receiver says when it has taken each (`taken`); otherwise it has when this returns.
   * What it sends meanwhile leaves with one message, when this returns.
   */
  onFrames(frames: Frame[]): void;
  /** There is room again after `send` had said no. */
  onRoom?(): void;
  onLink?(up: boolean): void;
  /** The other end is gone for good: closed, or its worker ended. Where the platform does not tell, it falls silent. */
  onClosed?(): void;
}

/** One end of the port protocol (frame.ts), over a MessagePort of a worker, a page or Node. The port belongs to it. */
export class FramePort implements Disposable {
  private batch: Frame[] = [];
  private sentFrames = 0;
  private sentBytes = 0;
  private takenFrames = 0;
  private takenBytes = 0;
  private wasFull = false;
  private peer: Offloads = noOffloads;
  private strange = 0;

  constructor(
    private readonly port: MessagePort,
    private readonly events: FramePortEvents,
    private readonly options: { holds?: boolean } = {},
  ) {
    port.onmessage = ({ data }: MessageEvent<unknown>) => this.receive(data);
    port.addEventListener('close', this.onClose);
  }

  /** What the other end has said that it takes. */
  get offloads(): Offloads {
    return this.peer;
  }

  /** Messages and frames that were none, and frames to send whose headers did not fit what was in them. */
  get malformed(): number {
    return this.strange;
  }

  get hasRoom(): boolean {
    return this.sentFrames < portWindow.frames && this.sentBytes < portWindow.bytes;
  }

  /**
   * Hands the frame over with the next `flush`, finished as far as the other end cannot do it itself.
   * False when there is no room: the frame is still the caller's, and `onRoom` will say when to try again.
   */
  send(frame: Frame): boolean {
    if (!this.hasRoom) {
      this.wasFull = true;
      return false;
    }
    if (isTakenBy(this.peer, frame)) this.push(frame);
    else if (!emitComplete(frame, this.push)) this.strange += 1;
    return true;
  }

  /** Sends what `send` has collected, in one message. Needed after sending from anywhere but `onFrames`. */
  flush(): void {
    if (this.batch.length === 0) return;
    const frames = this.batch;
    this.batch = [];
    this.tell(
      { type: 'frames', frames },
      frames.map(({ buffer }) => buffer),
    );
  }

  /** With `holds`: the receiver is done with so many frames, which had so many bytes with their headers when they came. */
  taken(frames: number, bytes: number): void {
    this.takenFrames += frames;
    this.takenBytes += bytes;
    if (this.takenFrames >= portWindow.frames / 2 || this.takenBytes >= portWindow.bytes / 2) {
      this.tell({ type: 'taken', frames: this.takenFrames, bytes: this.takenBytes });
      this.takenFrames = 0;
      this.takenBytes = 0;
    }
  }

  /** Tells the other end what this one takes. */
  accept(offloads: Offloads): void {
    this.tell({ type: 'accepts', offloads });
  }

  /** Tells the other end whether there is a carrier. */
  setLink(up: boolean): void {
    this.tell({ type: 'link', up });
  }

  dispose(): void {
    this.port.removeEventListener('close', this.onClose);
    this.port.onmessage = null;
    this.port.close();
  }

  private readonly onClose = (): void => this.events.onClosed?.();

  private readonly push = (frame: Frame): void => {
    this.batch.push(frame);
    this.sentFrames += 1;
    this.sentBytes += frame.length;
  };

  private tell(message: PortMessage, transfer: Transferable[] = []): void {
    this.port.postMessage(message, transfer);
  }

  private receive(data: unknown): void {
    const message = readPortMessage(data);
    switch (message?.type) {
      case 'frames':
        return this.receiveFrames(message.frames);
      case 'taken':
        this.sentFrames = Math.max(0, this.sentFrames - message.frames);
        this.sentBytes = Math.max(0, this.sentBytes - message.bytes);
        if (!this.wasFull || !this.hasRoom) return;
        this.wasFull = false;
        this.events.onRoom?.();
        return this.flush();
      case 'accepts':
        this.peer = message.offloads;
        return;
      case 'link':
        return this.events.onLink?.(message.up);
      case undefined:
        this.strange += 1;
    }
  }

  private receiveFrames(sent: unknown[]): void {
    const frames = sent.filter(isFrame);
    this.strange += sent.length - frames.length;
    // Before they are handed on, and their buffers with them.
    let bytes = 0;
    for (const frame of frames) bytes += frame.length;
    this.events.onFrames(frames);
    if (!this.options.holds) this.taken(sent.length, bytes);
    this.flush();
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function isOffloads(value: unknown): value is Offloads {
  const offloads = value as Partial<Record<string, unknown>> | null;
  return (
    typeof offloads === 'object' &&
    offloads !== null &&
    Object.keys(noOffloads).every((name) => typeof offloads[name] === 'boolean')
  );
}

/** The frames are looked at by who takes them apart. By hand, because this is on the way of every frame. */
function readPortMessage(data: unknown): PortMessage | undefined {
  if (typeof data !== 'object' || data === null || !('type' in data)) return undefined;
  const message = data as { type: unknown } & Partial<Record<string, unknown>>;
  switch (message.type) {
    case 'frames':
      return Array.isArray(message.frames)
        ? { type: 'frames', frames: message.frames as Frame[] }
        : undefined;
    case 'taken':
      return isCount(message.frames) && isCount(message.bytes)
        ? { type: 'taken', frames: message.frames, bytes: message.bytes }
        : undefined;
    case 'accepts':
      return isOffloads(message.offloads) ? { type: 'accepts', offloads: message.offloads } : undefined;
    case 'link':
      return typeof message.up === 'boolean' ? { type: 'link', up: message.up } : undefined;
    default:
      return undefined;
  }
}

function isFrame(value: unknown): value is Frame {
  return value instanceof Uint8Array && value.length >= headerBytes;
}
