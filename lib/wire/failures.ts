import { HullError } from '../base/hull-error';
import type { WireErrorCode } from './wire';

type WireFailure = HullError<WireErrorCode>;

export const failures = {
  noWorker: (cause?: unknown): WireFailure =>
    new HullError(
      'no-worker',
      'The browser would not start the worker in which the switch runs.',
      'Allow workers for this site, or open it outside of the frame that restricts it.',
      { cause },
    ),
  workerDied: (detail: string): WireFailure =>
    new HullError(
      'worker-died',
      `The worker in which the switch runs has ended: ${detail}. The machines go on without a network.`,
      'Start the network again: the machines are plugged into the new one.',
    ),
  disposed: (): WireFailure =>
    new HullError('disposed', 'The network was taken down.', 'Start the lab again to get a new one.'),
  unknown: (what: string, name: string): WireFailure =>
    new HullError(
      'unknown-name',
      `There is no ${what} “${name}” on the wire.`,
      'Check the name, or add it first.',
    ),
  taken: (what: string, name: string): WireFailure =>
    new HullError('name-taken', `There is already a ${what} “${name}” on the wire.`, 'Choose another name.'),
  badSettings: (what: string, detail: string): WireFailure =>
    new HullError(
      'bad-settings',
      `These settings of ${what} cannot be: ${detail}`,
      'Correct the value and try again.',
    ),
  noGateway: (port: string): WireFailure =>
    new HullError(
      'no-gateway',
      `There is no gateway at port “${port}”.`,
      'Add one there, or name the port that has it.',
    ),
  notASocket: (port: string): WireFailure =>
    new HullError(
      'not-a-socket',
      `Port “${port}” leads to another switch; there is no socket for a card.`,
      'Add a port of its own for the machine.',
    ),
};
