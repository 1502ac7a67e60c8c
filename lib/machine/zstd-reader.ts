import { failures } from './failures';
import type { PayloadReader } from './snapshot-payload';
import type { V86Cpu } from './v86-surface';

/** The part of a machine that unpacks Zstandard (RFC 8878): its own decoder, in WebAssembly. */
export type ZstdDecoder = Pick<
  V86Cpu,
  'wasm_memory' | 'zstd_create_ctx' | 'zstd_get_src_ptr' | 'zstd_read' | 'zstd_read_free' | 'zstd_free_ctx'
>;

/** What is unpacked at once: the decoder finds room for it beside the machine's memory. */
const pieceBytes = 1 << 20;

/**
 * Reads a payload that was packed with zstd. Browsers unpack it themselves only as it comes over HTTP, and hand over what
 * they unpacked slower than it is done here.
 */
export class ZstdReader implements PayloadReader {
  private context: number | undefined;

  constructor(
    payload: Uint8Array,
    private readonly decoder: ZstdDecoder,
  ) {
    this.context = decoder.zstd_create_ctx(payload.length);
    this.view(decoder.zstd_get_src_ptr(this.context), payload.length).set(payload);
  }

  async take(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const taken = new Uint8Array(length);
    await this.takeInto(taken);
    return taken;
  }

  async takeInto(target: Uint8Array): Promise<void> {
    for (let filled = 0; filled < target.length; filled += pieceBytes) {
      const length = Math.min(pieceBytes, target.length - filled);
      const address = this.read(length);
      target.set(this.view(address, length), filled);
      this.decoder.zstd_read_free(address, length);
    }
  }

  async end(): Promise<void> {
    const address = this.context === undefined ? 0 : this.decoder.zstd_read(this.context, 1);
    this.cancel();
    if (address === 0) return;
    this.decoder.zstd_read_free(address, 1);
    throw failures.snapshotDamaged('it goes on after its end');
  }

  cancel(): void {
    if (this.context !== undefined) this.decoder.zstd_free_ctx(this.context);
    this.context = undefined;
  }

  private read(length: number): number {
    const address = this.context === undefined ? 0 : this.decoder.zstd_read(this.context, length);
    if (address === 0) throw failures.snapshotDamaged('it is cut off, or was not packed like this');
    return address;
  }

  /** Addresses are unsigned, and come signed. */
  private view(address: number, length: number): Uint8Array {
    return new Uint8Array(this.decoder.wasm_memory.buffer, address >>> 0, length);
  }
}
