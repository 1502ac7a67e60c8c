import type { Disposable } from '../base/lifecycle';
import type { Artifact } from './manifest';

/** What a machine needs of the place where it runs: a worker, Node, a test. */
export interface Platform {
  /** Milliseconds, monotonic; counted from 1970, which is what a page and its workers have in common. */
  now(): number;
  /** Milliseconds since 1970, for people: when a snapshot was made. */
  today(): number;
  fillRandom(bytes: Uint8Array<ArrayBuffer>): void;
  scheduler: Scheduler;
  /** For a machine that must do the same every time. Absent, the guest's devices follow the real clock. */
  ownTime?: OwnTime;
  assets: AssetSource;
}

/** Time that passes only as instructions are executed. With it the guest is interpreted: compilation is not repeatable. */
export interface OwnTime {
  /** Milliseconds, monotonic: what v86's devices take for `performance.now()`. */
  microtick(): number;
  /** Told once which counter makes time pass. */
  follow(instructions: () => number): void;
  /** What the guest's battery clock shows, milliseconds since 1970. */
  battery: number;
}

export interface Scheduler {
  /** After what is already waiting, without delay. */
  soon(run: () => void): Disposable;
  after(delayMs: number, run: () => void): Disposable;
}

/** What has to be known of a file to fetch it. `name` is for messages. */
export type StoredFile = Pick<Artifact, 'name' | 'file' | 'bytes' | 'sha256'>;

/** Where artifacts come from. Nothing here is trusted: `Assets` checks what arrives. */
export interface AssetSource {
  readManifest(signal: AbortSignal): Promise<unknown>;
  /** `onBytes` is told how many more bytes have arrived, unpacked. Rejects when there is no such file. */
  read(
    artifact: StoredFile,
    signal: AbortSignal,
    onBytes: (count: number) => void,
  ): Promise<Uint8Array<ArrayBuffer>>;
  /** Bytes that crossed the network for this artifact, where the platform tells. */
  transferredBytes(artifact: StoredFile): number | undefined;
  importModule(artifact: Artifact): Promise<unknown>;
  compile(artifact: Artifact, wasm: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module>;
  /** One that was read, checked and compiled before from the same content; nothing is fetched for it. */
  compiled?(artifact: Artifact): WebAssembly.Module | undefined;
}

/** What a file was compiled to, for another machine from the same files. */
export interface CompiledFile {
  /** Of the file. */
  sha256: string;
  module: WebAssembly.Module;
  /** Bytes that crossed the network for it, when it did. */
  transferredBytes: number;
}
