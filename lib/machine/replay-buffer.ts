/** The last `limit` bytes of a stream, for whoever comes late. */
export class ReplayBuffer {
  private chunks: Uint8Array[] = [];
  private length = 0;

  constructor(private readonly limit: number) {}

  push(bytes: Uint8Array): void {
    this.chunks.push(bytes);
    this.length += bytes.length;
    // Whole chunks only, while the rest still fills the buffer; `read` cuts to the byte.
    while (this.length - (this.chunks[0]?.length ?? 0) >= this.limit) {
      this.length -= this.chunks.shift()?.length ?? 0;
    }
    // Single keystrokes' echoes would otherwise cost an object each.
    if (this.chunks.length > 1024) {
      const all = this.read();
      this.chunks = [all];
      this.length = all.length;
    }
  }

  read(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.length);
    let offset = 0;
    for (const chunk of this.chunks) {
      all.set(chunk, offset);
      offset += chunk.length;
    }
    return all.slice(Math.max(0, this.length - this.limit));
  }

  clear(): void {
    this.chunks = [];
    this.length = 0;
  }
}
