import type { Disposable } from '../base/lifecycle';
import type { Artifact } from './manifest';

/** What a machine needs of the place where it runs: a worker, Node, a test. */
export interface Platform {
  /** Milliseconds, monotonic. Only differences have a meaning. */
  now(): number;
  /** The clock of the guest's devices, milliseconds, monotonic. Absent: that of v86, `performance.now`. */
  microtick?: () => number;
  fillRandom(bytes: Uint8Array<ArrayBuffer>): void;
  scheduler: Scheduler;
  assets: AssetSource;
}

export interface Scheduler {
  /** After what is already waiting, without delay. */
  soon(run: () => void): Disposable;
  after(delayMs: number, run: () => void): Disposable;
}

/** Where artifacts come from. Nothing here is trusted: `Assets` checks what arrives. */
export interface AssetSource {
  readManifest(signal: AbortSignal): Promise<unknown>;
  /** `onBytes` is told how many more bytes have arrived, unpacked. Rejects when there is no such file. */
  read(
    artifact: Artifact,
    signal: AbortSignal,
    onBytes: (count: number) => void,
  ): Promise<Uint8Array<ArrayBuffer>>;
  /** Bytes that crossed the network for this artifact, where the platform tells. */
  transferredBytes(artifact: Artifact): number | undefined;
  importModule(artifact: Artifact): Promise<unknown>;
}
