import type { Disposable } from '../base/lifecycle';

/** A duplex of bytes with the agent: a virtio-console port, however it travels. Chunks have no meaning of their own. */
export interface ByteChannel extends Disposable {
  send(bytes: Uint8Array): void;
  onBytes(listener: (bytes: Uint8Array) => void): Disposable;
  /** Called once when the other side is gone (machine reset, worker dead); no bytes follow. */
  onClose(listener: (reason: string) => void): Disposable;
}

export interface ExecSpec {
  /** argv[0] is looked up in the guest's PATH when it holds no slash. */
  argv: readonly [string, ...string[]];
  /** Added to the agent's own environment. */
  env?: Readonly<Record<string, string>>;
  cwd?: string;
}

/** How a process ended. */
export type ExitStatus = { type: 'exited'; code: number } | { type: 'signaled'; signal: number };

/** A stream of bytes in the guest. Writing resolves when the agent's window has taken the bytes (flow control). */
export interface GuestStream extends Disposable {
  write(bytes: Uint8Array): Promise<void>;
  /** Half-close: the process or peer reads end of file. */
  end(): Promise<void>;
  onData(listener: (bytes: Uint8Array) => void): Disposable;
  /** Stop or go on taking bytes; the window towards the guest closes while paused. */
  pause(): void;
  resume(): void;
}

export interface GuestProcess extends Disposable {
  readonly stdin: Pick<GuestStream, 'write' | 'end'>;
  onStdout(listener: (bytes: Uint8Array) => void): Disposable;
  onStderr(listener: (bytes: Uint8Array) => void): Disposable;
  /** Stop or go on taking output; the process waits when its window is full. `exit` comes after the output. */
  pause(): void;
  resume(): void;
  /** Rejects with a HullError when the program cannot be started (code `exec-failed`) or the agent is gone. */
  readonly exit: Promise<ExitStatus>;
  /** Signal number, as in signal(7). */
  kill(signal: number): Promise<void>;
}

export interface PtySpec extends ExecSpec {
  rows: number;
  columns: number;
}

export interface GuestPty extends GuestStream {
  resize(size: { rows: number; columns: number }): void;
  readonly exit: Promise<ExitStatus>;
  kill(signal: number): Promise<void>;
}

export interface GuestSocket extends GuestStream {
  /** Resolves when the peer has closed its direction. */
  readonly ended: Promise<void>;
}

export type ConnectTarget =
  { type: 'tcp'; /** default 127.0.0.1 */ host?: string; port: number } | { type: 'unix'; path: string };

export interface RunResult {
  status: ExitStatus;
  stdout: Uint8Array;
  stderr: Uint8Array;
}

/** What the agent says of the guest; sizes in bytes. */
export interface GuestMetrics {
  uptimeMs: number;
  memoryTotal: number;
  memoryFree: number;
  memoryAvailable: number;
  processes: number;
  /** 1, 5 and 15 minutes. */
  load: readonly [number, number, number];
}

/** What happened in the guest without being asked for. */
export type GuestEvent =
  | { type: 'service-ready'; name: string }
  | { type: 'process-died'; pid: number; status: ExitStatus; name: string };

/** What a machine restored from a snapshot must be told, or it shares randomness, time and addresses with its twins. */
export interface Identity {
  /** Wall clock, nanoseconds since the epoch. */
  unixNs: bigint;
  /** At least 32 bytes, mixed into and credited to the kernel's random pool, which is then reseeded. */
  entropy: Uint8Array;
  hostname?: string;
  nic?: {
    mac: string;
    /** CIDR, for example 10.0.0.2/24. Without it, the card has none until DHCP gives it one. */ address?: string;
  };
}

/** The typed client of the agent. One per machine run: it ends with the channel. */
export interface Guest extends Disposable {
  /** Protocol version and what the agent calls itself; known once `connectGuest` has resolved. */
  readonly hello: { version: number; profile: string };
  exec(spec: ExecSpec): GuestProcess;
  /** Runs to the end and collects output, at most `limit` bytes a stream (default 8 MiB). Abort kills the process. */
  run(spec: ExecSpec & { stdin?: Uint8Array; limit?: number }, signal?: AbortSignal): Promise<RunResult>;
  openPty(spec: PtySpec): Promise<GuestPty>;
  readFile(path: string, signal?: AbortSignal): Promise<Uint8Array>;
  writeFile(path: string, bytes: Uint8Array, options?: { mode?: number }): Promise<void>;
  connect(target: ConnectTarget, signal?: AbortSignal): Promise<GuestSocket>;
  metrics(): Promise<GuestMetrics>;
  onEvent(listener: (event: GuestEvent) => void): Disposable;
  setIdentity(identity: Identity): Promise<void>;
}
