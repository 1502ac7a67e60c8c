import type { Random, WireTime } from '../wire-time';

/** What the gateway needs of the place where it runs: the wire's worker, Node, or a simulation. */
export interface Surroundings extends Pick<WireTime, 'now' | 'after'> {
  /** Milliseconds since 1970, for NTP and for people. */
  unixMs(): number;
  random: Random;
}

export function random32(surroundings: Pick<Surroundings, 'random'>): number {
  return Math.floor(surroundings.random() * 0x1_0000_0000);
}
