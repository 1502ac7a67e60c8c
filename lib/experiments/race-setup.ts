import type { ByteChannel, Guest } from '../guest/guest';
import type { Machine } from '../machine/machine';

/** What a race needs from its surroundings. */
export interface RaceSetup {
  /** Milliseconds, monotonic: the one clock of both lanes. */
  now(): number;
  /** The same clock, counted from the epoch: what the host's guest was given as its time. */
  unixMs(): number;
  /** The machine that is already up, in which the containers start. */
  host: { machine: Machine; guest: Guest };
  /** A machine of the `web` profile, off. The race disposes of it. */
  newMachine(): Machine;
  connectGuest(channel: ByteChannel, options: { signal: AbortSignal }): Promise<Guest>;
}
