import type { PlainError } from '../base/plain-error';
import type { InstructionHistory } from './instruction-log';
import type {
  MachineCounters,
  MachineErrorCode,
  MachineProfile,
  MachineState,
  PhaseMark,
  PowerOn,
  ShareActivity,
} from './machine';
import type { CompiledFile } from './platform';

/**
 * Between the page and the machine's worker. Both ends are ours and built together, so nothing here is checked on
 * arrival; what is foreign (artifacts, snapshots, the guest's output) is checked where it is read.
 */
export type ToWorker =
  | { type: 'create'; profile: MachineProfile; assetsUrl: string; compiled: CompiledFile | undefined }
  /** `id` comes back in a `done`. */
  | { type: 'command'; id: number; command: Command }
  | { type: 'console-input'; bytes: Uint8Array }
  | { type: 'console-resize'; rows: number; columns: number }
  /** The port carries `AgentMessage`s both ways. */
  | { type: 'open-agent'; port: MessagePort }
  | { type: 'ping' };

export type Command =
  | { type: 'power-on'; how: PowerOn }
  | { type: 'power-off' }
  | { type: 'reset' }
  | { type: 'pause' }
  | { type: 'resume' }
  | { type: 'snapshot' }
  | { type: 'read-counters'; scanMemory: boolean }
  | { type: 'read-history' }
  /** The port carries `PortMessage`s of lib/wire. */
  | { type: 'attach-nic'; port: MessagePort };

export type FromWorker =
  | { type: 'state'; state: PlainState }
  | { type: 'phases'; phases: readonly PhaseMark[] }
  | { type: 'counters'; counters: MachineCounters }
  | { type: 'share'; share: PlainShareActivity }
  | { type: 'console-output'; bytes: Uint8Array }
  /** For the page to hold on to and to give to the next worker. */
  | { type: 'compiled'; wasm: CompiledFile }
  | { type: 'done'; id: number; outcome: Outcome }
  | { type: 'pong' };

/** To the commands that ask for something. */
export type Answer = Uint8Array | MachineCounters | InstructionHistory;

export type Outcome = { type: 'ok'; value?: Answer } | { type: 'error'; error: PlainError };

/** `bytes` or, once, why no more will come. */
export type AgentMessage = Uint8Array | { type: 'closed'; reason: string };

export type PlainShareActivity = Omit<ShareActivity, 'failure'> & {
  failure?: { path: string; error: PlainError<MachineErrorCode> };
};

export type PlainState =
  Exclude<MachineState, { type: 'failed' }> | { type: 'failed'; error: PlainError<MachineErrorCode> };
