import { HullError, messageOf } from '@/lib/base/hull-error';

export const benchFailures = {
  notLoaded: (cause: unknown) =>
    new HullError(
      'page-incomplete',
      'A part of this page could not be loaded.',
      'Check the network and try again; if it stays so, reload the page.',
      { cause },
    ),
  noMachine: () =>
    new HullError('no-machine', 'There is no machine to take a snapshot of.', 'Power it on first.'),
  noGuest: () =>
    new HullError('no-guest', 'There is no running machine to open a shell in.', 'Power it on first.'),
  noAgent: (cause: unknown) =>
    new HullError(
      'no-agent',
      `The machine runs, but its agent does not answer: ${messageOf(cause)}.`,
      'The console works; further shells do not. Reset the machine to try again.',
      { cause },
    ),
};
