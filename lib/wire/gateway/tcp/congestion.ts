// RFC 5681: TCP Congestion Control; initial window of RFC 6928
const initialSegments = 10;
/** More than any virtual wire holds; keeps the window from growing without bound where nothing is ever lost. */
const maxWindowBytes = 8 * 1024 * 1024;

/** Reno. The window is what may be on the way; which segments are lost is decided elsewhere (flight.ts). */
export class Congestion {
  window: number;
  private threshold = Infinity;
  private credit = 0;

  constructor(private readonly segmentBytes: number) {
    this.window = initialSegments * segmentBytes;
  }

  /** @param flight what was on the way: a window that was not used tells nothing, and does not grow (RFC 7661) */
  onAcknowledged(bytes: number, flight: number): void {
    if (flight * 2 < this.window) return;
    if (this.window < this.threshold) {
      this.window += Math.min(bytes, this.window);
    } else {
      // RFC 3465: a segment for each window of bytes.
      this.credit += bytes;
      if (this.credit >= this.window) {
        this.credit -= this.window;
        this.window += this.segmentBytes;
      }
    }
    this.window = Math.min(this.window, maxWindowBytes);
  }

  /** Something was lost, for the first time in this window. */
  onLoss(flight: number): void {
    this.threshold = Math.max(flight / 2, 2 * this.segmentBytes);
    this.window = this.threshold;
    this.credit = 0;
  }

  /** Nothing came back at all. @param first not yet for the same segments */
  onTimeout(flight: number, first: boolean): void {
    if (first) this.threshold = Math.max(flight / 2, 2 * this.segmentBytes);
    this.window = this.segmentBytes;
    this.credit = 0;
  }
}
