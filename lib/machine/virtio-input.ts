import type { V86Queue } from './v86-surface';

/**
 * Bytes on their way into a guest's virtio queue. v86 drops what finds no free buffer, so what does not fit waits
 * here, at most `limit` bytes.
 */
export class VirtioInput {
  private waiting: Uint8Array[] = [];
  private waitingBytes = 0;

  constructor(
    private readonly queue: () => Pick<V86Queue, 'is_configured' | 'has_request'> | undefined,
    private readonly deliver: (bytes: Uint8Array) => void,
    private readonly options: { /** One buffer of the guest's driver. */ chunk: number; limit: number },
  ) {}

  get pending(): boolean {
    return this.waiting.length > 0;
  }

  /** False when there was no room: nothing of it was taken. */
  push(bytes: Uint8Array): boolean {
    if (this.waitingBytes + bytes.length > this.options.limit) return false;
    for (let offset = 0; offset < bytes.length; offset += this.options.chunk) {
      this.waiting.push(bytes.subarray(offset, offset + this.options.chunk));
    }
    this.waitingBytes += bytes.length;
    this.pump();
    return true;
  }

  pump(): void {
    if (this.waiting.length === 0) return;
    const queue = this.queue();
    let taken = 0;
    for (const chunk of this.waiting) {
      if (!queue?.is_configured() || !queue.has_request()) break;
      this.deliver(chunk);
      this.waitingBytes -= chunk.length;
      taken += 1;
    }
    if (taken > 0) this.waiting = this.waiting.slice(taken);
  }

  clear(): void {
    this.waiting = [];
    this.waitingBytes = 0;
  }
}
