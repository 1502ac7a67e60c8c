import { CoreWire, type WireSurroundings } from './core-wire';
import { realTime, unixNs } from './real-time';

/** A wire in this process. Its timers and the cards plugged into it keep the process alive until it is disposed of. */
export function createNodeWire(surroundings: Partial<WireSurroundings> = {}): CoreWire {
  return new CoreWire({ time: realTime(), random: () => Math.random(), unixNs, ...surroundings });
}
