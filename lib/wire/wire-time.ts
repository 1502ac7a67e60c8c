import type { Disposable } from '../base/lifecycle';

/** The wire's clock. Handed in: the real one, or simulated-time.ts. */
export interface WireTime {
  /** Milliseconds, monotonic, with fractions. Only differences have a meaning. */
  now(): number;
  /** After what is already waiting, without delay. */
  soon(run: () => void): Disposable;
  /** Not before so many milliseconds have passed. */
  after(delayMs: number, run: () => void): Disposable;
}

/** In [0, 1), as `Math.random`. */
export type Random = () => number;
