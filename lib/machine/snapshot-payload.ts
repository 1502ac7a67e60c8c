import { messageOf } from '../base/hull-error';
import { failures } from './failures';
import { type ZstdDecoder, ZstdReader } from './zstd-reader';
import { type SnapshotHeader, type SnapshotParts, bitmapBytes, pageBytes } from './snapshot-file';

type Bytes = Uint8Array<ArrayBuffer>;

/** What a machine packs with; zstd only unpacks here. */
export type WrittenPacking = Exclude<SnapshotHeader['packing'], 'zstd'>;

/** Concatenates and, with gzip, packs the parts. */
export async function packPayload(parts: SnapshotParts, packing: WrittenPacking): Promise<Bytes> {
  const raw = new Blob([parts.console, parts.bitmap, parts.state, parts.pages] as BlobPart[]);
  const stream = raw.stream();
  const packed = packing === 'gzip' ? stream.pipeThrough(new CompressionStream('gzip')) : stream;
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

/** Reads a payload from front to back; a packed one is never held whole. Whatever is wrong with it is `snapshot-damaged`. */
export interface PayloadReader {
  take(length: number): Promise<Bytes>;
  takeInto(target: Uint8Array): Promise<void>;
  /** A checksum stands at the end of what is packed: only now is it known that all the rest was right. */
  end(): Promise<void>;
  /** Gives back what reading needs. */
  cancel(): void;
}

/** @param decoder what unpacks zstd: the new machine's */
export function readPayload(
  payload: Uint8Array,
  packing: SnapshotHeader['packing'],
  decoder: ZstdDecoder,
): PayloadReader {
  return packing === 'zstd' ? new ZstdReader(payload, decoder) : new StreamReader(payload, packing);
}

class StreamReader implements PayloadReader {
  private readonly chunks: ReadableStreamDefaultReader<Uint8Array> | undefined;
  private rest: Uint8Array = new Uint8Array(0);

  constructor(payload: Uint8Array, packing: WrittenPacking) {
    if (packing === 'none') {
      this.rest = payload;
      return;
    }
    const packed = new Blob([payload as BlobPart]).stream();
    this.chunks = packed.pipeThrough(new DecompressionStream(packing)).getReader();
  }

  async take(length: number): Promise<Bytes> {
    const taken = new Uint8Array(length);
    await this.takeInto(taken);
    return taken;
  }

  async takeInto(target: Uint8Array): Promise<void> {
    for (let filled = 0; filled < target.length;) {
      const chunk = await this.next();
      const count = Math.min(chunk.length, target.length - filled);
      target.set(chunk.subarray(0, count), filled);
      this.rest = chunk.subarray(count);
      filled += count;
    }
  }

  async end(): Promise<void> {
    if (this.rest.length > 0 || !(await this.read()).done)
      throw failures.snapshotDamaged('it goes on after its end');
  }

  cancel(): void {
    void this.chunks?.cancel().catch(() => {});
  }

  private async next(): Promise<Uint8Array> {
    while (this.rest.length === 0) {
      const { done, value } = await this.read();
      if (done) throw failures.snapshotDamaged('it is cut off');
      this.rest = value;
    }
    return this.rest;
  }

  private async read(): Promise<ReadableStreamReadResult<Uint8Array>> {
    if (!this.chunks) return { done: true, value: undefined };
    try {
      return await this.chunks.read();
    } catch (cause) {
      throw failures.snapshotDamaged(messageOf(cause), cause);
    }
  }
}

/** Whole pages of guest memory, in bytes. */
export interface MemoryRun {
  address: number;
  length: number;
}

/** Where the kept pages go: runs of neighbours, in order. Throws when the bitmap and the header disagree. */
export function pageRuns(bitmap: Uint8Array, header: SnapshotHeader): MemoryRun[] {
  const runs: MemoryRun[] = [];
  let count = 0;
  for (let page = 0; page < header.memoryBytes / pageBytes; page += 1) {
    if ((((bitmap[page >> 3] ?? 0) >> (page & 7)) & 1) === 0) continue;
    const address = page * pageBytes;
    const last = runs.at(-1);
    if (last && last.address + last.length === address) last.length += pageBytes;
    else runs.push({ address, length: pageBytes });
    count += 1;
  }
  if (count !== header.pages || bitmap.length !== bitmapBytes(header)) {
    throw failures.snapshotDamaged(`it lists ${count} pages and holds ${header.pages}`);
  }
  return runs;
}
