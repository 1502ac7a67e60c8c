import type { HullError } from '../base/hull-error';
import { type Disposable, DisposableStack } from '../base/lifecycle';
import type { ByteChannel } from '../guest/guest';
import type { Frame } from '../wire/frame';
import { AgentPort } from './agent-port';
import type { Unchecked } from './assets';
import { BootObserver } from './boot-observer';
import { Emulator } from './emulator';
import { loadState, saveState } from './emulator-state';
import { failures, wrongState } from './failures';
import type { InstructionHistory } from './instruction-log';
import { LineReader } from './line-reader';
import type {
  MachineCounters,
  MachineErrorCode,
  MachineProfile,
  PhaseMark,
  PowerOn,
  ShareActivity,
} from './machine';
import { type MachineParts, loadParts } from './machine-parts';
import { MemoryMeter } from './memory-meter';
import type { CardPort } from './network-card';
import type { Platform } from './platform';
import type { ShareDevice } from './share/device';
import { openShare } from './share/open-share';
import { checkIdentity, pageBytes, parseSnapshot, writeSnapshot } from './snapshot-file';
import { type MemoryRun, type WrittenPacking, packPayload, readPayload } from './snapshot-payload';

export interface RunEvents {
  onLoading(loadedBytes: number, totalBytes: number): void;
  onPhase(mark: PhaseMark): void;
  onConsole(bytes: Uint8Array): void;
  onShare(change: (before: ShareActivity) => ShareActivity): void;
  onReboot(): void;
  /** The run is over; nothing follows. */
  onFailed(error: HullError<MachineErrorCode>): void;
}

/** A panicking kernel prints a trace after the reason; this long is waited for the end of it. */
const panicTraceMs = 1000;
/** Million instructions a second: timer interrupts and not much else. */
const idleMips = 0.5;

interface Started {
  emulator: Emulator;
  loaded: MachineParts;
  meter: MemoryMeter;
  observer: BootObserver;
  atMs: number;
}

/** From one power on to the power off that follows it. */
export class MachineRun implements Disposable {
  private readonly owned = new DisposableStack();
  private readonly serialLines = new LineReader((line) => this.onSerialLine(line));
  private readonly agent = new AgentPort((bytes) => this.started?.emulator.agentInput.push(bytes) ?? false);
  private started: Started | undefined;
  private share: ShareDevice | undefined;
  private panicLine: string | undefined;
  private lastSample = { atMs: 0, instructions: 0, mips: 0 };

  constructor(
    private readonly profile: MachineProfile,
    private readonly platform: Platform,
    private readonly events: RunEvents,
    private readonly cardPort: CardPort,
  ) {}

  /** Resolves when the processor runs. */
  async start(how: PowerOn, signal: AbortSignal): Promise<void> {
    const loaded = await loadParts(
      this.profile,
      this.platform,
      {
        withBoot: how.type === 'cold',
        snapshot: how.type === 'artifact-snapshot' ? how.artifact : undefined,
        onProgress: this.events.onLoading,
      },
      signal,
    );
    const [emulator, file] = await Promise.all([this.createEmulator(loaded), fileOf(how, loaded.snapshot)]);
    signal.throwIfAborted();
    const meter = new MemoryMeter(emulator.v86.v86.cpu);
    if (file) {
      // That a file was altered is the better reason for not being able to read it.
      const filled = await this.restore(emulator, file.bytes, loaded.images).catch((cause: unknown) =>
        file.checked.then(() => Promise.reject(cause)),
      );
      meter.filled(filled);
      await file.checked;
      // What comes with the site was made from what it has.
      if (how.type === 'snapshot') await this.checkOpenFiles();
      signal.throwIfAborted();
    }
    const observer = new BootObserver(
      {
        compressedKernel: loaded.parts.boot?.type === 'kernel' && isCompressed(loaded.parts.boot.kernel),
        ready: this.profile.ready,
      },
      (phase) => this.events.onPhase(this.mark(phase)),
    );
    const atMs = this.platform.now();
    this.started = { emulator, loaded, meter, observer, atMs };
    this.lastSample = { atMs, instructions: 0, mips: 0 };
    emulator.run();
    if (file) observer.restored();
    else observer.started();
  }

  writeConsole(bytes: Uint8Array): void {
    const { emulator } = this.started ?? {};
    if (this.profile.console === 'screen') emulator?.typeKeys(new TextDecoder().decode(bytes));
    else emulator?.consoleInput.push(bytes);
  }

  resizeConsole(size: { rows: number; columns: number }): void {
    this.started?.emulator.resize(size);
  }

  openAgent(): ByteChannel {
    return this.agent.open();
  }

  /** Without a card yet, nobody takes them. */
  receiveFrames(frames: readonly Frame[]): void {
    if (this.started) this.started.emulator.card.receive(frames);
    else for (const frame of frames) this.cardPort.taken(frame);
  }

  /** The card's port has room again. */
  transmitFrames(): void {
    this.started?.emulator.card.transmit();
  }

  setLink(up: boolean): void {
    this.started?.emulator.card.setLink(up);
  }

  async pause(): Promise<void> {
    await this.started?.emulator.stop();
  }

  resume(): void {
    this.started?.emulator.run();
  }

  /** The machine must stand still. */
  async snapshot(console: Uint8Array, packing: WrittenPacking): Promise<Uint8Array> {
    if (!this.started) throw wrongState('be saved', 'off');
    const { emulator, loaded } = this.started;
    // What a guest has asked for cannot be kept; what has been answered is in its memory.
    await this.share?.quiet();
    const saved = { console, ...(await saveState(emulator.v86)) };
    return writeSnapshot(
      {
        createdAt: new Date(this.platform.today()).toISOString(),
        profile: this.profile.name,
        memoryBytes: this.profile.memoryBytes,
        images: loaded.images,
        packing,
        consoleBytes: saved.console.length,
        stateBytes: saved.state.length,
        pages: saved.pages.length / pageBytes,
      },
      await packPayload(saved, packing),
    );
  }

  /** Nothing is going on that the next counters would show. */
  get isIdle(): boolean {
    return this.lastSample.mips <= idleMips && this.started?.meter.isComplete === true;
  }

  /** @param memory how much of it is looked at: all, some ten milliseconds, or the slice whose turn it is */
  counters(memory: 'all' | 'next' | 'none'): MachineCounters | undefined {
    if (!this.started) return undefined;
    const { emulator, loaded, meter, observer } = this.started;
    const instructions = emulator.instructions();
    const atMs = this.platform.now();
    const elapsedMs = atMs - this.lastSample.atMs;
    const executed = instructions - this.lastSample.instructions;
    const mips = elapsedMs > 0 ? executed / elapsedMs / 1000 : this.lastSample.mips;
    this.lastSample = { atMs, instructions, mips };
    if (memory === 'all') meter.scanAll();
    // A boot is measured, and looking at memory that the guest has not touched yet would slow it down. A guest that
    // idles changes little, and is to cost little.
    else if (memory === 'next' && observer.phase === 'ready' && (mips > idleMips || !meter.isComplete))
      meter.scanSlice();
    return {
      instructions,
      mips,
      ...emulator.totals,
      ...emulator.card.totals,
      memoryTouchedBytes: meter.touchedBytes,
      memoryTotalBytes: this.profile.memoryBytes,
      loadedBytes: loaded.transferredBytes,
    };
  }

  history(): InstructionHistory | undefined {
    return this.started?.emulator.log.read();
  }

  /** `reason` is what the agent's channel is told. */
  end(reason: string): void {
    this.agent.close(reason);
    this.dispose();
  }

  dispose(): void {
    this.owned.dispose();
    this.started = undefined;
  }

  private async restore(
    { v86 }: Emulator,
    file: Uint8Array,
    images: MachineParts['images'],
  ): Promise<MemoryRun[]> {
    const { header, payload: packed } = parseSnapshot(file);
    checkIdentity(header, { ...this.profile, profile: this.profile.name, images });
    const payload = readPayload(packed, header.packing, v86.v86.cpu);
    this.owned.defer(() => payload.cancel());
    this.events.onConsole(await payload.take(header.consoleBytes));
    return loadState(v86, header, payload);
  }

  /** A program that runs from the share has not read all of itself yet. */
  private async checkOpenFiles(): Promise<void> {
    const changed = await this.share?.changedFile();
    if (changed === undefined) return;
    throw failures.snapshotForeign(`a program in it uses "${changed}", which is another one on this site`);
  }

  private async createEmulator(loaded: MachineParts): Promise<Emulator> {
    const emulator = await Emulator.create(
      { ...loaded.parts, memoryBytes: this.profile.memoryBytes, share: this.openShare(loaded) },
      this.platform,
      {
        onKernelEntered: () => this.started?.observer.kernelEntered(),
        onSerial: (bytes) => {
          this.serialLines.push(bytes);
          if (this.profile.console === 'serial') this.events.onConsole(bytes);
        },
        onConsole: (bytes) => this.events.onConsole(bytes),
        onScreen: (picture, text) => {
          this.started?.observer.screenDrawn(text);
          this.events.onConsole(picture);
        },
        onAgent: (bytes) => {
          this.started?.observer.agentSpoke();
          this.agent.output(bytes);
        },
        onHalted: () =>
          this.fail(this.panicLine === undefined ? failures.halted() : failures.panicked(this.panicLine)),
        onReboot: () => {
          if (this.panicLine === undefined) this.events.onReboot();
          else this.fail(failures.panicked(this.panicLine));
        },
        onCrashed: (cause) => this.fail(failures.crashed(cause)),
      },
      this.cardPort,
    );
    return this.owned.add(emulator);
  }

  private openShare({ assets }: MachineParts): ShareDevice | undefined {
    if (this.profile.share === undefined) return undefined;
    const share = openShare(this.profile.share, assets, this.platform, this.events.onShare);
    return (this.share = this.owned.add(share));
  }

  private onSerialLine(line: string): void {
    this.started?.observer.serialLine(line);
    const panic = /Kernel panic - not syncing: .*/.exec(line)?.[0];
    if (panic === undefined) return;
    if (this.panicLine === undefined) {
      this.panicLine = panic;
      this.owned.add(this.platform.scheduler.after(panicTraceMs, () => this.fail(failures.panicked(panic))));
    } else if (line.includes('end Kernel panic')) this.fail(failures.panicked(this.panicLine));
  }

  private fail(error: HullError<MachineErrorCode>): void {
    if (this.owned.isDisposed) return;
    this.end(error.message);
    this.events.onFailed(error);
  }

  private mark(phase: PhaseMark['phase']): PhaseMark {
    if (!this.started) return { phase, atMs: 0, instructions: 0 };
    const { emulator, atMs } = this.started;
    return { phase, atMs: this.platform.now() - atMs, instructions: emulator.instructions() };
  }
}

/** The snapshot to restore, if there is one. A person's own has no digest; its checksum is in it. */
async function fileOf(
  how: PowerOn,
  arriving: Promise<Unchecked> | undefined,
): Promise<{ bytes: Uint8Array; checked: Promise<void> } | undefined> {
  return how.type === 'snapshot' ? { bytes: how.bytes, checked: Promise.resolve() } : arriving;
}

/** Setup header, `payload_length`: ours is zero, because the kernel behind it is no payload of a decompressor. */
function isCompressed(kernel: Uint8Array): boolean {
  const view = new DataView(kernel.buffer, kernel.byteOffset, kernel.byteLength);
  return kernel.length > 0x250 && view.getUint32(0x24c, true) !== 0;
}
