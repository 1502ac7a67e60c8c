import type { Guest } from '../guest/guest';
import type { Machine } from '../machine/machine';

/** A machine on a wire, up and spoken to: what views of the network look at. They never make or end one. */
export interface Station {
  /** By which others find it: NAME.twinhull */
  name: string;
  machine: Machine;
  guest: Guest;
  /** The switch port that its card is plugged into. */
  port: string;
}
