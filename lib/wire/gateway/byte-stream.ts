/** A connection as whoever talks over it sees it. Backpressure goes both ways, so nobody holds more than its buffers. */
export interface ByteStream {
  /** For messages and logs: "10.0.0.2:40000". */
  readonly peer: string;
  /** At least one byte, or undefined after the other side's last. One call at a time. Rejects when the connection failed. */
  read(): Promise<Uint8Array | undefined>;
  /** Takes the bytes over, and resolves when there is room for more. Rejects when the connection failed. */
  write(bytes: Uint8Array): Promise<void>;
  /** Nothing more will be written. What was written still arrives, and reading goes on. */
  end(): void;
  /** Resolves when the other side has everything up to the end. Rejects when the connection failed before. */
  drained(): Promise<void>;
  /** Gives the connection up at once; reads and writes that wait reject with this sentence. Harmless when it is over. */
  abort(reason: string): void;
}

/** Sends what comes from one stream on to another, its end included. Rejects when either fails. */
export async function pump(
  from: Pick<ByteStream, 'read'>,
  to: Pick<ByteStream, 'write' | 'end'>,
): Promise<void> {
  for (;;) {
    const bytes = await from.read();
    if (!bytes) break;
    await to.write(bytes);
  }
  to.end();
}
