/**
 * The agent's wire format: images/init/PROTOCOL.md. The other side is images/init/wire.c.
 */

export const protocolVersion = 1;

export const frameTypes = {
  open: 1,
  opened: 2,
  data: 3,
  dataError: 4,
  end: 5,
  window: 6,
  resize: 7,
  signal: 8,
  exit: 9,
  close: 10,
  hello: 11,
  event: 12,
  fault: 13,
} as const;
export type FrameType = (typeof frameTypes)[keyof typeof frameTypes];

const headerBytes = 12;
const trailerBytes = 4;
const overheadBytes = headerBytes + trailerBytes;

/** A whole frame is 32 KiB, which is what the guest's virtio-console driver takes in one write. */
export const maxPayloadBytes = 32 * 1024 - overheadBytes;
/** With this payload a frame fills one buffer of the guest's driver. */
export const bufferPayloadBytes = 4096 - overheadBytes;

const greetingBytes = 32;
const nonceOffset = 20;
export const nonceBytes = 8;
const checkOffset = 28;

const resetMagic = new TextEncoder().encode('twinhull:reset\r\n');
const helloMagic = new TextEncoder().encode('twinhull:hello\r\n');

export interface Frame {
  /** May be a number that this side does not know. */
  type: number;
  channel: number;
  payload: Uint8Array;
}

export type Incoming =
  | { type: 'frame'; frame: Frame }
  /** The answer to a reset, or with a nonce of zeros the announcement of an agent that has just started. */
  | { type: 'greeting'; version: number; nonce: Uint8Array }
  /** What came was no frame: the position in the stream is lost until the next greeting. */
  | { type: 'lost' };

/** FNV-1a over `bytes[from..to)`. */
function checksum(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  return hash >>> 0;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function writeFrame({ type, channel, payload }: Frame): Uint8Array {
  const frame = new Uint8Array(overheadBytes + payload.length);
  const view = viewOf(frame);
  view.setUint32(0, payload.length, true);
  view.setUint16(4, channel, true);
  view.setUint8(6, type);
  const check = checksum(frame, 0, 8);
  view.setUint32(8, check, true);
  frame.set(payload, headerBytes);
  view.setUint32(headerBytes + payload.length, ~check, true);
  return frame;
}

function writeGreeting(magic: Uint8Array, nonce: Uint8Array): Uint8Array {
  const greeting = new Uint8Array(greetingBytes);
  const view = viewOf(greeting);
  greeting.set(magic);
  view.setUint32(magic.length, protocolVersion, true);
  greeting.set(nonce.subarray(0, nonceBytes), nonceOffset);
  view.setUint32(checkOffset, checksum(greeting, 0, checkOffset), true);
  return greeting;
}

/**
 * Starts the conversation anew, whatever the agent was in the middle of: zeros complete the longest frame that an
 * earlier client can have left half-sent (its trailer is wrong then, so it is dropped), and the reset follows.
 */
export function writeReset(nonce: Uint8Array): Uint8Array {
  const filler = overheadBytes + maxPayloadBytes;
  const reset = new Uint8Array(filler + greetingBytes);
  reset.set(writeGreeting(resetMagic, nonce), filler);
  return reset;
}

/** What the agent answers to a reset with this nonce. */
export function writeHello(nonce: Uint8Array): Uint8Array {
  return writeGreeting(helloMagic, nonce);
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  const first = wanted[0] ?? 0;
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (at + wanted.length > bytes.length) return -1;
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}

/** As far as both go. */
function startsLike(bytes: Uint8Array, wanted: Uint8Array): boolean {
  return bytes.subarray(0, wanted.length).every((byte, i) => byte === wanted[i]);
}

/** Bytes of the agent in any portions; begins by looking for a greeting. Holds at most one frame. */
export class FrameDecoder {
  private pending: Uint8Array = new Uint8Array(0);
  private synchronized = false;

  push(bytes: Uint8Array): Incoming[] {
    const incoming: Incoming[] = [];
    this.pending = this.pending.length === 0 ? bytes : concatenate(this.pending, bytes);
    for (let next = this.next(); next; next = this.next()) incoming.push(next);
    // A copy, because the chunk may be large and what waits of it small.
    this.pending = this.pending.slice();
    return incoming;
  }

  private next(): Incoming | undefined {
    return this.synchronized ? this.parseFrame() : this.parseGreeting();
  }

  private parseFrame(): Incoming | undefined {
    const bytes = this.pending;
    if (bytes.length < headerBytes) return undefined;
    const view = viewOf(bytes);
    const length = view.getUint32(0, true);
    const check = view.getUint32(8, true);
    if (check !== checksum(bytes, 0, 8) || length > maxPayloadBytes) {
      this.synchronized = false;
      // Where a frame may begin, a greeting may: the agent has been reset or restarted.
      return startsLike(bytes, helloMagic) ? this.parseGreeting() : { type: 'lost' };
    }
    if (bytes.length < overheadBytes + length) return undefined;
    if (view.getUint32(headerBytes + length, true) !== ~check >>> 0) {
      this.synchronized = false;
      return { type: 'lost' };
    }
    this.pending = bytes.subarray(overheadBytes + length);
    const payload = bytes.subarray(headerBytes, headerBytes + length);
    return { type: 'frame', frame: { type: view.getUint8(6), channel: view.getUint16(4, true), payload } };
  }

  private parseGreeting(): Incoming | undefined {
    for (;;) {
      const at = indexOf(this.pending, helloMagic);
      if (at < 0) {
        // The magic may have begun at the end.
        this.pending = this.pending.subarray(Math.max(0, this.pending.length - (helloMagic.length - 1)));
        return undefined;
      }
      const greeting = this.pending.subarray(at, at + greetingBytes);
      this.pending = this.pending.subarray(at);
      if (greeting.length < greetingBytes) return undefined;
      const view = viewOf(greeting);
      if (view.getUint32(checkOffset, true) === checksum(greeting, 0, checkOffset)) {
        this.pending = this.pending.subarray(greetingBytes);
        this.synchronized = true;
        const nonce = greeting.slice(nonceOffset, nonceOffset + nonceBytes);
        return { type: 'greeting', version: view.getUint32(helloMagic.length, true), nonce };
      }
      this.pending = this.pending.subarray(1);
    }
  }
}

export function concatenate(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
