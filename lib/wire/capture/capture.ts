import { headerBytes } from '../frame-header';
import type { Frame } from '../frame';

/** Seen from the point: into the switch, or out of it. */
export type Direction = 'in' | 'out';

/** A frame as it passed a point. */
export interface Packet {
  /** Counts up from 0 within a capture, also over packets that are gone. */
  number: number;
  /** Index into the capture's points. */
  point: number;
  direction: Direction;
  /** Nanoseconds since 1970. In a browser the clock ticks in steps of 5000 or 100,000. */
  timeNs: bigint;
  /** The Ethernet frame without FCS, up to the capture's `snapBytes`. A superframe is one packet, with the lengths of the whole. */
  bytes: Uint8Array;
  /** How long it was. */
  length: number;
}

export interface CaptureLimits {
  /** What is kept of each frame. */
  snapBytes: number;
  /** All that is kept, with what keeping costs; older packets make room for newer ones. */
  totalBytes: number;
}

export const usualLimits: CaptureLimits = { snapBytes: 65_549, totalBytes: 8 * 1024 * 1024 };

/** Per packet, beside its bytes: the objects around them. */
const overheadBytes = 200;

export interface CapturedPackets {
  packets: readonly Packet[];
  /** What to ask for next. */
  next: number;
  /** Those after the asked number that had to make room, and are gone. */
  gone: number;
}

/** A ring of packets with a limit in bytes. */
export class Capture {
  private ring: Packet[] = [];
  /** Where the ring begins; what is before is dropped now and then. */
  private first = 0;
  private bytes = 0;
  private count = 0;

  /** @param nowNs nanoseconds since 1970 */
  constructor(
    private readonly nowNs: () => bigint,
    readonly limits: CaptureLimits = usualLimits,
  ) {}

  /** Seen since the beginning. */
  get seen(): number {
    return this.count;
  }

  add(point: number, frame: Frame, direction: Direction): void {
    const length = frame.length - headerBytes;
    const bytes = frame.slice(headerBytes, headerBytes + Math.min(length, this.limits.snapBytes));
    this.ring.push({ number: this.count++, point, direction, timeNs: this.nowNs(), bytes, length });
    this.bytes += bytes.length + overheadBytes;
    while (this.bytes > this.limits.totalBytes && this.first < this.ring.length) {
      this.bytes -= (this.ring[this.first] as Packet).bytes.length + overheadBytes;
      this.first += 1;
    }
    if (this.first > 1024 && this.first > this.ring.length / 2) {
      this.ring = this.ring.slice(this.first);
      this.first = 0;
    }
  }

  /** Those from a number on which are still there. */
  read(from = 0): CapturedPackets {
    const oldest = this.count - (this.ring.length - this.first);
    const packets = this.ring.slice(this.first + Math.max(0, from - oldest));
    return { packets, next: this.count, gone: Math.max(0, oldest - from) };
  }
}
