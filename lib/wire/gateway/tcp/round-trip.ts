// RFC 6298: Computing TCP's Retransmission Timer
import type { TcpSettings } from './settings';

const alpha = 1 / 8;
const beta = 1 / 4;
/** RFC 6298, 2.1: before anything was measured. */
const initialTimeoutMs = 1000;

export class RoundTrip {
  private smoothed: number | undefined;
  private variation = 0;
  private backoff = 1;
  /** The shortest of this connection, which tells reordering from loss (RFC 8985). */
  shortest = Infinity;

  constructor(private readonly settings: Pick<TcpSettings, 'minRetransmissionMs' | 'maxRetransmissionMs'>) {}

  sample(ms: number): void {
    this.shortest = Math.min(this.shortest, ms);
    if (this.smoothed === undefined) {
      this.smoothed = ms;
      this.variation = ms / 2;
    } else {
      this.variation += beta * (Math.abs(this.smoothed - ms) - this.variation);
      this.smoothed += alpha * (ms - this.smoothed);
    }
    this.backoff = 1;
  }

  get timeoutMs(): number {
    const { minRetransmissionMs: min, maxRetransmissionMs: max } = this.settings;
    const base = this.smoothed === undefined ? initialTimeoutMs : this.smoothed + 4 * this.variation;
    return Math.min(max, Math.max(min, base) * this.backoff);
  }

  /** RFC 6298, 5.5. Ends with the next sample. */
  backOff(): void {
    this.backoff = Math.min(this.backoff * 2, 1024);
  }

  /** The other side has answered, though with nothing that can be measured. */
  forgive(): void {
    this.backoff = 1;
  }
}
