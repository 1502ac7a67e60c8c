import type { Disposable } from '../../base/lifecycle';

/** What the gateway needs of the place where it runs: the wire's worker, Node, or a simulation. */
export interface Surroundings {
  /** Milliseconds, monotonic. Only differences have a meaning. */
  now(): number;
  /** Milliseconds since 1970, for NTP and for people. */
  unixMs(): number;
  /** At least 0, less than 1. */
  random(): number;
  after(delayMs: number, run: () => void): Disposable;
}

export function random32(surroundings: Pick<Surroundings, 'random'>): number {
  return Math.floor(surroundings.random() * 0x1_0000_0000);
}
