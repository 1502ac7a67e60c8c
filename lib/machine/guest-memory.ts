import type { V86Cpu } from './v86-surface';

/** A guest's RAM as its devices see it. Addresses are physical; who reads or writes checks them with `holds` first. */
export class GuestMemory {
  private array: Uint8Array = new Uint8Array(0);
  private data: DataView = new DataView(new ArrayBuffer(0));

  constructor(private readonly cpu: Pick<V86Cpu, 'mem8' | 'jit_dirty_cache'>) {}

  /** All of it. Not to be kept: it becomes empty when the emulator's own memory grows, this one's or another's. */
  get bytes(): Uint8Array {
    this.follow();
    return this.array;
  }

  get view(): DataView {
    this.follow();
    return this.data;
  }

  holds(address: number, length: number): boolean {
    return address + length <= this.bytes.length;
  }

  read(address: number, length: number): Uint8Array {
    return this.bytes.subarray(address, address + length);
  }

  /** Code that was there is compiled no longer. */
  write(address: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.cpu.jit_dirty_cache(address, address + bytes.length);
    this.bytes.set(bytes, address);
  }

  /** v86's own view is a proxy that follows a growing WebAssembly memory, and slow; this one is made anew after that. */
  private follow(): void {
    if (this.array.length > 0) return;
    const { buffer, byteOffset, length } = this.cpu.mem8;
    this.array = new Uint8Array(buffer, byteOffset, length);
    this.data = new DataView(buffer, byteOffset, length);
  }
}
