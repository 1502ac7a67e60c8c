import { HullError, messageOf } from '../base/hull-error';
import type { MachineErrorCode } from './machine';

type MachineFailure = HullError<MachineErrorCode>;

const again = 'Power the machine on again.';
const reload =
  'Check the network and reload the page. If it stays so, the site is incomplete: build it again.';

export const failures = {
  noWebAssembly: (): MachineFailure =>
    new HullError(
      'no-webassembly',
      'This browser does not run WebAssembly, and the emulator is made of it.',
      'Allow WebAssembly (some lockdown modes switch it off) or use a current browser.',
    ),
  noWorker: (cause?: unknown): MachineFailure =>
    new HullError(
      'no-worker',
      'The browser would not start the worker in which the machine runs.',
      'Allow workers for this site, or open it outside of the frame that restricts it.',
      { cause },
    ),
  insecureOrigin: (): MachineFailure =>
    new HullError(
      'insecure-origin',
      'This page came over plain HTTP, and there the browser does not offer what the machine’s parts are checked with (crypto.subtle).',
      'Open it by https://, or as http://localhost on the computer that serves it.',
    ),
  assetMissing: (name: string, cause?: unknown): MachineFailure =>
    new HullError('asset-missing', `The machine's part "${name}" could not be loaded.`, reload, { cause }),
  assetAltered: (name: string, detail: string, cause?: unknown): MachineFailure =>
    new HullError(
      'asset-altered',
      `The machine's part "${name}" is not what this site was built with: ${detail}.`,
      'Empty the cache and reload the page: something between the site and you has changed or cut the file.',
      { cause },
    ),
  outOfMemory: (bytes: number, cause?: unknown): MachineFailure =>
    new HullError(
      'no-memory',
      `There was no room for a machine with ${Math.round(bytes / 2 ** 20)} MiB of memory.`,
      'Power off another machine or close other tabs, then try again.',
      { cause },
    ),
  workerDied: (detail: string, cause?: unknown): MachineFailure =>
    new HullError('worker-died', `The worker that ran this machine is gone: ${detail}.`, again, { cause }),
  crashed: (cause: unknown): MachineFailure =>
    new HullError(
      'emulator-crashed',
      `The emulator stopped on an error of its own: ${messageOf(cause)}.`,
      `${again} If it happens again in the same place, please report it.`,
      { cause },
    ),
  panicked: (line: string): MachineFailure =>
    new HullError(
      'guest-panicked',
      `The guest's kernel gave up: ${line}`,
      `${again} What it printed stays on the console until then.`,
    ),
  halted: (): MachineFailure =>
    new HullError('guest-halted', 'The guest has halted: its processor waits for nothing any more.', again),
  snapshotForeign: (detail: string): MachineFailure =>
    new HullError(
      'snapshot-foreign',
      `This snapshot belongs to another machine: ${detail}.`,
      'Boot cold, or restore the snapshot in the version of the site that made it.',
    ),
  snapshotDamaged: (detail: string, cause?: unknown): MachineFailure =>
    new HullError(
      'snapshot-damaged',
      `This snapshot cannot be read: ${detail}.`,
      'Use another copy of the file, or boot cold.',
      { cause },
    ),
};

/** Raised by a command that the machine's state does not allow; nothing has changed. */
export function wrongState(command: string, state: string): HullError<'wrong-state'> {
  return new HullError(
    'wrong-state',
    `The machine cannot ${command} while it is ${state}.`,
    'Wait, or power it off first.',
  );
}
