/** Bytes that were written and not yet acknowledged, by position. The first has position 1. */
export class SendQueue {
  private chunks: { start: number; bytes: Uint8Array }[] = [];
  private first = 1;

  /** Behind the last byte. */
  end = 1;

  /** How many bytes are held. */
  get length(): number {
    return this.end - this.first;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.chunks.push({ start: this.end, bytes });
    this.end += bytes.length;
  }

  /** Copies `length` bytes from a position that is held to `into[offset..]`. */
  copy(position: number, length: number, into: Uint8Array, offset: number): void {
    let index = this.indexOf(position);
    for (let done = 0; done < length; index++) {
      const chunk = this.chunks[index];
      if (!chunk) throw new RangeError(`position ${position + done} is not in the queue`);
      const from = position + done - chunk.start;
      const part = chunk.bytes.subarray(from, from + length - done);
      into.set(part, offset + done);
      done += part.length;
    }
  }

  /** Forgets what lies before a position. */
  release(upTo: number): void {
    if (upTo <= this.first) return;
    this.first = Math.min(upTo, this.end);
    let gone = 0;
    for (const { start, bytes } of this.chunks) {
      if (start + bytes.length > this.first) break;
      gone += 1;
    }
    if (gone > 0) this.chunks.splice(0, gone);
  }

  clear(): void {
    this.chunks = [];
    this.first = this.end;
  }

  /** The chunk that has a position. */
  private indexOf(position: number): number {
    let low = 0;
    let high = this.chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.chunks[middle]?.start ?? Infinity) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
