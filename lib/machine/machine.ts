import type { HullError } from '../base/hull-error';
import type { Disposable } from '../base/lifecycle';
import type { ReadonlyStore } from '../base/store';
import type { ByteChannel } from '../guest/guest';
import type { InstructionHistory } from './instruction-log';

/** In the order in which a cold boot passes through them. */
export const bootPhases = ['firmware', 'decompression', 'kernel', 'init', 'agent', 'service'] as const;
export type BootPhase = (typeof bootPhases)[number];

/** The moment a phase was seen to begin. Phases are observed in the guest's own output and devices, never guessed. */
export interface PhaseMark {
  phase: BootPhase | 'ready';
  /** Milliseconds since power on, on the clock handed in. */
  atMs: number;
  /** Guest instructions executed since power on. */
  instructions: number;
}

export type MachineErrorCode =
  | 'no-webassembly'
  | 'no-worker'
  | 'insecure-origin'
  | 'asset-missing'
  | 'asset-altered'
  | 'worker-died'
  | 'guest-panicked'
  | 'guest-halted'
  | 'snapshot-foreign'
  | 'snapshot-damaged'
  | 'no-memory'
  | 'emulator-crashed';

export type MachineState =
  | { type: 'off' }
  | { type: 'loading'; loadedBytes: number; totalBytes: number }
  | { type: 'booting'; phase: BootPhase }
  | { type: 'running' }
  | { type: 'paused' }
  | { type: 'failed'; error: HullError<MachineErrorCode> };

/** Totals since power on. What they cost: one message per `countersEveryMs`. */
export interface MachineCounters {
  instructions: number;
  /** Million instructions per second over the last interval. */
  mips: number;
  portReads: number;
  portWrites: number;
  interrupts: number;
  halts: number;
  /** A superframe of up to 64 KiB counts once, as it does in the guest. */
  framesSent: number;
  framesReceived: number;
  /** By the card, either way: it had no place for them, or what the guest sent was none. */
  framesDropped: number;
  /** Pages of guest RAM that are not zero, times 4096. */
  memoryTouchedBytes: number;
  memoryTotalBytes: number;
  /** Fetched for this run: as transferred (compressed) where the platform tells, else as stored. */
  loadedBytes: number;
}

/** Files of the share that a guest has read since power on, fetched when it did. */
export interface ShareActivity {
  /** Paths of those on their way. */
  fetching: readonly string[];
  arrivedFiles: number;
  /** As transferred (compressed) where the platform tells, else as stored. */
  arrivedBytes: number;
  /** The last one that did not arrive, until it does. The guest was told of an input/output error, and may try again. */
  failure?: { path: string; error: HullError<MachineErrorCode> };
}

export type BootMedium =
  /** By Linux's boot protocol, which memory testers and others speak too; those have no root. */
  | { type: 'kernel'; kernel: string; root?: string; commandLine: string }
  /** A floppy disk of 1.44 MB, whose first sector the firmware starts. */
  | { type: 'floppy'; image: string };

/** What boots. Artifact names are those of the manifest. */
export interface MachineProfile {
  name: string;
  memoryBytes: number;
  boot: BootMedium;
  /**
   * What the console shows: what the guest says on its serial port and first virtio console, or the screen that it draws
   * in VGA's text mode, and then the console's input is its keyboard.
   */
  console: 'serial' | 'screen';
  /** Lists the files that the guest can read at /usr/share/twinhull; without it, it has no such device. */
  share?: string;
  /** After what it counts as ready: the agent's hello, a service's event, or that this text stands on its screen. */
  ready: { type: 'agent' } | { type: 'service'; name: string } | { type: 'screen'; text: string };
}

export type PowerOn =
  | { type: 'cold' }
  | { type: 'artifact-snapshot'; artifact: string }
  | { type: 'snapshot'; bytes: Uint8Array };

/**
 * One virtual PC. The page's is a worker, Node's runs in the process; both behave alike.
 * A command on a machine in the wrong state rejects with a sentence and changes nothing.
 */
export interface Machine extends Disposable {
  readonly profile: MachineProfile;
  readonly state: ReadonlyStore<MachineState>;
  readonly phases: ReadonlyStore<readonly PhaseMark[]>;
  readonly counters: ReadonlyStore<MachineCounters>;
  readonly share: ReadonlyStore<ShareActivity>;
  /**
   * The counters of this moment, for a measurement that begins or ends now. Memory is looked at slowly, in turn: who wants
   * it as of now asks for a scan of all of it, which holds the machine up for some ten milliseconds.
   */
  readCounters(options?: { scanMemory: boolean }): Promise<MachineCounters>;
  /** How many instructions had been executed when, over the last seconds: for things that are known only afterwards. */
  readHistory(): Promise<InstructionHistory>;
  /** Resolves when the machine is ready as its profile says, rejects with the state's error. Abort powers off. */
  powerOn(how: PowerOn, signal?: AbortSignal): Promise<void>;
  powerOff(): Promise<void>;
  /** Cold boot of the same machine. */
  reset(): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** State of the whole machine with the identity of the images it was made from; zstd or gzip inside. */
  snapshot(): Promise<Uint8Array>;
  /** The learner's console: kernel log, then the shell; or the screen, drawn with ANSI sequences. Output since power on is replayed (bounded) to a new listener. */
  readonly console: {
    write(bytes: Uint8Array): void;
    onOutput(listener: (bytes: Uint8Array) => void): Disposable;
    resize(size: { rows: number; columns: number }): void;
  };
  /** The agent's port of the current run; `connectGuest` takes it. */
  openAgent(): ByteChannel;
  /** Ethernet: `PortMessage`s of lib/wire. A port passes between workers; in Node it is a worker_threads MessagePort. */
  attachNic(port: MessagePort): Promise<void>;
}
