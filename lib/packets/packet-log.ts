import { type ReadonlyStore, Store } from '../base/store';
import type { Packet } from '../wire/capture/capture';

export interface LogLimits {
  packets: number;
  /** With what keeping a packet costs. */
  bytes: number;
}

/** What a page can search in a second: decoding takes some 0.1 ms a packet on a slow computer. */
export const usualLogLimits: LogLimits = { packets: 10_000, bytes: 16 * 1024 * 1024 };

const overheadBytes = 200;

export interface LogContent {
  /** In order of time. A new array after every change. */
  packets: readonly Packet[];
  /** Those that had to make room, and those that captures had to drop before they got here. */
  gone: number;
}

/** Packets of several captures in order of time, with a limit; the oldest make room. */
export class PacketLog {
  private readonly contents = new Store<LogContent>({ packets: [], gone: 0 });
  private bytes = 0;
  private nextNumber = 0;

  readonly content: ReadonlyStore<LogContent> = this.contents;

  constructor(private readonly limits: LogLimits = usualLogLimits) {}

  /** They get their numbers here, in the order in which they come. */
  add(arrived: readonly Omit<Packet, 'number'>[], lost = 0): void {
    if (arrived.length === 0 && lost === 0) return;
    const { packets, gone } = this.contents.get();
    const fresh = arrived.map((packet) => ({ ...packet, number: this.nextNumber++ })).sort(byTime);
    for (const { bytes } of fresh) this.bytes += bytes.length + overheadBytes;
    const all = merged(packets, fresh);
    let first = 0;
    while (first < all.length && (this.bytes > this.limits.bytes || all.length - first > this.limits.packets))
      this.bytes -= (all[first++]?.bytes.length ?? 0) + overheadBytes;
    this.contents.set({ packets: first > 0 ? all.slice(first) : all, gone: gone + first + lost });
  }

  clear(): void {
    this.bytes = 0;
    this.contents.set({ packets: [], gone: 0 });
  }
}

function byTime(one: Packet, other: Packet): number {
  if (one.timeNs !== other.timeNs) return one.timeNs < other.timeNs ? -1 : 1;
  return one.number - other.number;
}

/** Most of what arrives comes after all that is there. */
function merged(one: readonly Packet[], other: readonly Packet[]): Packet[] {
  const last = one.at(-1);
  const first = other[0];
  if (!last || !first || byTime(last, first) < 0) return [...one, ...other];
  const all: Packet[] = [];
  for (let i = 0, j = 0; i < one.length || j < other.length;) {
    const [left, right] = [one[i], other[j]];
    if (left && (!right || byTime(left, right) < 0)) {
      all.push(left);
      i++;
    } else if (right) {
      all.push(right);
      j++;
    }
  }
  return all;
}
