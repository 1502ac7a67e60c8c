import { pageBytes } from './snapshot-file';
import type { MemoryRun } from './snapshot-payload';
import type { V86Cpu } from './v86-surface';

/** A slice takes half a millisecond, which is what a machine may lose twice a second. */
const slicePages = 1024;

/** Counts the pages of guest memory that are not zero, a slice at a time or all at once. */
export class MemoryMeter {
  private readonly touched: Uint8Array;
  private count = 0;
  private next = 0;
  private looked = 0;

  constructor(private readonly cpu: Pick<V86Cpu, 'mem8' | 'is_memory_zeroed'>) {
    this.touched = new Uint8Array(cpu.mem8.length / pageBytes);
  }

  get touchedBytes(): number {
    return this.count * pageBytes;
  }

  /** Whether every page has been looked at. */
  get isComplete(): boolean {
    return this.looked >= this.touched.length;
  }

  /** What a restore has filled, where all the rest is zero. */
  filled(runs: readonly MemoryRun[]): void {
    for (const { address, length } of runs) {
      const first = address / pageBytes;
      this.touched.fill(1, first, first + length / pageBytes);
      this.count += length / pageBytes;
    }
    this.looked = this.touched.length;
  }

  scanSlice(): void {
    for (let pages = Math.min(slicePages, this.touched.length); pages > 0; pages -= 1) {
      this.look(this.next);
      this.next = (this.next + 1) % this.touched.length;
      this.looked += 1;
    }
  }

  scanAll(): void {
    for (let page = 0; page < this.touched.length; page += 1) this.look(page);
    this.looked = this.touched.length;
  }

  private look(page: number): void {
    const now = this.cpu.is_memory_zeroed(page * pageBytes, pageBytes) ? 0 : 1;
    this.count += now - (this.touched[page] ?? 0);
    this.touched[page] = now;
  }
}
