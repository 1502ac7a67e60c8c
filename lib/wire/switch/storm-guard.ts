/** Lets through so many frames a second, and a second's worth at once after a pause: a token bucket. */
export class StormGuard {
  private tokens: number;
  private filledAt = 0;

  constructor(private readonly perSecond: number) {
    this.tokens = perSecond;
  }

  /** Whether so many more frames may pass. */
  admits(frames: number, now: number): boolean {
    if (this.perSecond === 0) return true;
    this.tokens = Math.min(this.perSecond, this.tokens + ((now - this.filledAt) * this.perSecond) / 1000);
    this.filledAt = now;
    if (this.tokens < frames) return false;
    this.tokens -= frames;
    return true;
  }
}
