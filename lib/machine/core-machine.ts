import { Emitter } from '../base/emitter';
import { HullError } from '../base/hull-error';
import { Store } from '../base/store';
import type { ByteChannel } from '../guest/guest';
import type { Offloads } from '../wire/frame';
import { FramePort, noOffloads } from '../wire/frame-port';
import { failures, wrongState } from './failures';
import { type InstructionHistory, InstructionLog } from './instruction-log';
import type {
  Machine,
  MachineCounters,
  MachineErrorCode,
  MachineProfile,
  MachineState,
  PhaseMark,
  PowerOn,
  ShareActivity,
} from './machine';
import { MachineRun, type RunEvents } from './machine-run';
import type { CardPort } from './network-card';
import type { Platform } from './platform';
import { ReplayBuffer } from './replay-buffer';
import type { WrittenPacking } from './snapshot-payload';

/** A boot log with all its lines, and some screens of shell. */
export const consoleReplayBytes = 256 * 1024;
const countersEveryMs = 500;
/** A guest that idles changes little, and every sample is a message to the page and a line that is drawn anew. */
const idleCountersEveryMs = 2000;

export const noCounters: MachineCounters = {
  instructions: 0,
  mips: 0,
  portReads: 0,
  portWrites: 0,
  interrupts: 0,
  halts: 0,
  framesSent: 0,
  framesReceived: 0,
  framesDropped: 0,
  memoryTouchedBytes: 0,
  memoryTotalBytes: 0,
  loadedBytes: 0,
};

export const noHistory: InstructionHistory = new InstructionLog().read();

export const noShareActivity: ShareActivity = { fetching: [], arrivedFiles: 0, arrivedBytes: 0 };

/** The machine itself, wherever it runs: in a worker behind a `WorkerMachine`, or in Node as it is. */
export class CoreMachine implements Machine {
  readonly state = new Store<MachineState>({ type: 'off' });
  readonly phases = new Store<readonly PhaseMark[]>([]);
  readonly counters = new Store<MachineCounters>(noCounters);
  readonly share = new Store<ShareActivity>(noShareActivity);
  readonly console: Machine['console'];
  private readonly consoleOutput = new Emitter<Uint8Array>();
  private readonly consoleReplay = new ReplayBuffer(consoleReplayBytes);
  private consoleSize: { rows: number; columns: number } | undefined;
  private run: MachineRun | undefined;
  private nic: FramePort | undefined;
  private nicOffloads: Offloads = noOffloads;
  private hasLink = true;
  /** Ends the power on that is under way. */
  private starting: AbortController | undefined;
  private beforePause: MachineState = { type: 'running' };

  constructor(
    readonly profile: MachineProfile,
    private readonly platform: Platform,
  ) {
    this.console = {
      write: (bytes) => this.run?.writeConsole(bytes),
      onOutput: (listener) => {
        const replay = this.consoleReplay.read();
        if (replay.length > 0) listener(replay);
        return this.consoleOutput.on(listener);
      },
      resize: (size) => {
        this.consoleSize = size;
        this.run?.resizeConsole(size);
      },
    };
  }

  async powerOn(how: PowerOn, signal?: AbortSignal): Promise<void> {
    this.require('power on', 'off', 'failed');
    signal?.throwIfAborted();
    this.state.set({ type: 'loading', loadedBytes: 0, totalBytes: 0 });
    this.phases.set([]);
    this.counters.set(noCounters);
    this.share.set(noShareActivity);
    this.consoleReplay.clear();
    const starting = new AbortController();
    const run = this.newRun();
    this.starting = starting;
    this.run = run;
    const ready = new Promise<void>((resolve, reject) => {
      const subscription = this.state.subscribe((state) => {
        if (state.type === 'loading' || state.type === 'booting' || state.type === 'paused') return;
        subscription.dispose();
        if (state.type === 'running') resolve();
        else if (state.type === 'failed') reject(state.error);
        else reject(signal?.aborted ? signal.reason : wrongState('become ready', 'off'));
      });
    });
    const onAbort = () => this.switchOff('the start was cancelled');
    signal?.addEventListener('abort', onAbort, { once: true });
    run.start(how, starting.signal).then(
      () => {
        if (this.consoleSize) run.resizeConsole(this.consoleSize);
        run.setLink(this.hasLink);
      },
      (error: unknown) => this.fail(run, error),
    );
    return ready.finally(() => signal?.removeEventListener('abort', onAbort));
  }

  async powerOff(): Promise<void> {
    this.switchOff('the machine was powered off');
  }

  async reset(): Promise<void> {
    this.require('reset', 'booting', 'running', 'paused', 'failed');
    this.switchOff('the machine was reset');
    await this.powerOn({ type: 'cold' });
  }

  async pause(): Promise<void> {
    this.require('pause', 'booting', 'running');
    this.beforePause = this.state.get();
    this.state.set({ type: 'paused' });
    await this.run?.pause();
  }

  async resume(): Promise<void> {
    this.require('resume', 'paused');
    this.state.set(this.beforePause);
    this.run?.resume();
  }

  /** Unpacked for an artifact, whose build packs it; packed for a file that somebody keeps. */
  async snapshot(packing: WrittenPacking = 'gzip'): Promise<Uint8Array> {
    this.require('be saved', 'running', 'paused');
    const run = this.run;
    if (!run) throw wrongState('be saved', 'off');
    await run.pause();
    try {
      return await run.snapshot(this.consoleReplay.read(), packing);
    } finally {
      if (this.state.get().type === 'running') run.resume();
    }
  }

  async readCounters({ scanMemory } = { scanMemory: false }): Promise<MachineCounters> {
    const counters = this.run?.counters(scanMemory ? 'all' : 'none');
    if (counters) this.counters.set(counters);
    return this.counters.get();
  }

  async readHistory(): Promise<InstructionHistory> {
    return this.run?.history() ?? noHistory;
  }

  openAgent(): ByteChannel {
    if (!this.run) throw wrongState('talk to its agent', 'off');
    return this.run.openAgent();
  }

  async attachNic(port: MessagePort): Promise<void> {
    this.nic?.dispose();
    const nic = new FramePort(
      port,
      {
        onFrames: (frames) => {
          if (this.run) this.run.receiveFrames(frames);
          else for (const frame of frames) nic.taken(1, frame.length);
        },
        onRoom: () => this.run?.transmitFrames(),
        onLink: (up) => this.setLink(up),
      },
      { holds: true },
    );
    this.nic = nic;
    nic.accept(this.nicOffloads);
    this.setLink(true);
    // What the last cable had no room for.
    this.run?.transmitFrames();
    nic.flush();
  }

  dispose(): void {
    this.switchOff('the machine was disposed of');
    this.nic?.dispose();
    this.nic = undefined;
  }

  private setLink(up: boolean): void {
    this.hasLink = up;
    this.run?.setLink(up);
  }

  private newRun(): MachineRun {
    const events: RunEvents = {
      onLoading: (loadedBytes, totalBytes) => this.state.set({ type: 'loading', loadedBytes, totalBytes }),
      onPhase: (mark) => this.onPhase(mark),
      onConsole: (bytes) => {
        this.consoleReplay.push(bytes);
        this.consoleOutput.emit(bytes);
      },
      onReboot: () =>
        this.platform.scheduler.soon(() => this.run === run && void this.reset().catch(() => {})),
      onShare: (change) => this.run === run && this.share.set(change(this.share.get())),
      onFailed: (error) => this.fail(run, error),
    };
    // Without a cable, what the card sends is lost.
    const port: CardPort = {
      send: (frame) => this.nic?.send(frame) ?? true,
      flush: () => this.nic?.flush(),
      taken: (frame) => this.nic?.taken(1, frame.length),
      accepts: (offloads) => {
        this.nicOffloads = offloads;
        this.nic?.accept(offloads);
      },
    };
    const run: MachineRun = new MachineRun(this.profile, this.platform, events, port);
    return run;
  }

  private onPhase(mark: PhaseMark): void {
    this.phases.set([...this.phases.get(), mark]);
    const next: MachineState =
      mark.phase === 'ready' ? { type: 'running' } : { type: 'booting', phase: mark.phase };
    if (this.state.get().type === 'paused') this.beforePause = next;
    else this.state.set(next);
    if (this.phases.get().length === 1) this.sampleLater(countersEveryMs);
  }

  private sampleLater(delayMs: number): void {
    const run = this.run;
    this.platform.scheduler.after(delayMs, () => {
      if (!run || this.run !== run) return;
      const counters = run.counters('next');
      if (!counters) return;
      this.counters.set(counters);
      this.sampleLater(run.isIdle ? idleCountersEveryMs : countersEveryMs);
    });
  }

  private switchOff(reason: string): void {
    this.endRun(reason);
    this.state.set({ type: 'off' });
  }

  private fail(run: MachineRun, thrown: unknown): void {
    if (this.run !== run) return;
    const error =
      thrown instanceof HullError ? (thrown as HullError<MachineErrorCode>) : failures.crashed(thrown);
    this.endRun(error.message);
    this.state.set({ type: 'failed', error });
  }

  private endRun(reason: string): void {
    const { run, starting } = this;
    this.run = undefined;
    this.starting = undefined;
    starting?.abort();
    run?.end(reason);
    this.share.set({ ...this.share.get(), fetching: [] });
  }

  private require(command: string, ...allowed: MachineState['type'][]): void {
    const { type } = this.state.get();
    if (!allowed.includes(type)) throw wrongState(command, type);
  }
}
