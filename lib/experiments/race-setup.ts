import type { Guest } from '../guest/guest';
import type { Machine } from '../machine/machine';
import type { RaceWire } from './race-wire';

/** What a race needs from its surroundings. */
export interface RaceSetup {
  /** Milliseconds, monotonic: the one clock of both lanes. */
  now(): number;
  /** The same clock, counted from the epoch: what the host's guest was given as its time, and what the wire stamps answers with. */
  unixMs(): number;
  /** The machine that is already up, in which the containers start. */
  host: { machine: Machine; guest: Guest };
  /** Where the host is plugged in, and the client that asks both lanes. */
  wire: RaceWire;
  /** A `raceMachine`, off. The race disposes of it. */
  newMachine(): Machine;
}
