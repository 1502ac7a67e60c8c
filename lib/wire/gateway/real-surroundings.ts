import { toDisposable } from '../../base/lifecycle';
import type { Surroundings } from './surroundings';

/** The clock and the dice of the worker or process that this runs in. */
export const realSurroundings: Surroundings = {
  now: () => performance.now(),
  unixMs: () => performance.timeOrigin + performance.now(),
  random: () => {
    const [word = 0] = crypto.getRandomValues(new Uint32Array(1));
    return word / 0x1_0000_0000;
  },
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return toDisposable(() => clearTimeout(timer));
  },
};
