import { HullError } from '../../base/hull-error';
import { failures } from '../failures';
import type { MachineErrorCode, ShareActivity } from '../machine';
import type { ShareFileEvents } from './files';

/** Makes of what happens to single files how the whole share is doing. */
export function shareActivityEvents(
  change: (next: (before: ShareActivity) => ShareActivity) => void,
): ShareFileEvents {
  const without = (fetching: readonly string[], path: string) => fetching.filter((other) => other !== path);
  return {
    onFetching: (path) => change((before) => ({ ...before, fetching: [...before.fetching, path] })),
    onArrived: (path, bytes) =>
      change(({ failure, ...before }) => ({
        ...before,
        ...(failure && failure.path !== path && { failure }),
        fetching: without(before.fetching, path),
        arrivedFiles: before.arrivedFiles + 1,
        arrivedBytes: before.arrivedBytes + bytes,
      })),
    onFailed: (path, cause) =>
      change((before) => ({
        ...before,
        fetching: without(before.fetching, path),
        failure: { path, error: asFailure(path, cause) },
      })),
  };
}

function asFailure(path: string, cause: unknown): HullError<MachineErrorCode> {
  return cause instanceof HullError
    ? (cause as HullError<MachineErrorCode>)
    : failures.assetMissing(path, cause);
}
