// https://prng.di.unimi.it/splitmix64.c, in its 32-bit form with the mixer of MurmurHash3
import type { Random } from './wire-time';

/** The same numbers for the same seed, everywhere. For links that lose frames repeatably; not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}
