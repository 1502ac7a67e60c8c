/** Cuts a byte stream into lines; what a line has beyond `limit` characters is left out. */
export class LineReader {
  private line = '';

  constructor(
    private readonly onLine: (line: string) => void,
    private readonly limit = 400,
  ) {}

  push(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte === 10) {
        const line = this.line;
        this.line = '';
        this.onLine(line);
      } else if (byte !== 13 && this.line.length < this.limit) this.line += String.fromCharCode(byte);
    }
  }
}
