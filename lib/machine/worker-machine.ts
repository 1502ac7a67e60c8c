import { assertNever } from '../base/assert-never';
import { Emitter } from '../base/emitter';
import type { HullError } from '../base/hull-error';
import { errorOf } from '../base/plain-error';
import { Store } from '../base/store';
import type { ByteChannel } from '../guest/guest';
import { BytePipe } from './byte-pipe';
import { consoleReplayBytes, noCounters, noHistory, noShareActivity } from './core-machine';
import { failures, wrongState } from './failures';
import type { InstructionHistory } from './instruction-log';
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
import { shareOf, stateOf } from './plain-values';
import type { CompiledFile, Scheduler } from './platform';
import type { AgentMessage, Answer, Command, FromWorker, ToWorker } from './protocol';
import { ReplayBuffer } from './replay-buffer';

export interface WorkerMachineOptions {
  createWorker(): Worker;
  /** Absolute; the folder of the manifest. */
  assetsUrl: string;
  scheduler: Scheduler;
}

interface Waiting {
  resolve(value: Answer | undefined): void;
  reject(error: Error): void;
}

/**
 * By the folder they came from. Browsers share a compiled module, and the better code that they make of it as it runs,
 * among all who hold it at a time. Workers come and go; this holds it between them, and the next one need not fetch it.
 */
const compiled = new Map<string, CompiledFile>();

const pingEveryMs = 1500;
/** Pings in a row without any word from the worker. A busy machine still speaks between its time slices. */
const silentPingsAllowed = 4;

/** The page's machine: everything happens in a worker, which is started by the first power on. */
export class WorkerMachine implements Machine {
  readonly state = new Store<MachineState>({ type: 'off' });
  readonly phases = new Store<readonly PhaseMark[]>([]);
  readonly counters = new Store<MachineCounters>(noCounters);
  readonly share = new Store<ShareActivity>(noShareActivity);
  readonly console: Machine['console'];
  private readonly consoleOutput = new Emitter<Uint8Array>();
  private readonly consoleReplay = new ReplayBuffer(consoleReplayBytes);
  private consoleSize: { rows: number; columns: number } | undefined;
  private worker: Worker | undefined;
  private waiting = new Map<number, Waiting>();
  private nextId = 1;
  private silentPings = 0;
  private agent: { pipe: BytePipe; port: MessagePort } | undefined;
  /** Attached before there is a worker to give it to. */
  private nicBeforeWorker: MessagePort | undefined;
  private hasNic = false;

  constructor(
    readonly profile: MachineProfile,
    private readonly options: WorkerMachineOptions,
  ) {
    this.console = {
      write: (bytes) => this.tell({ type: 'console-input', bytes: bytes.slice() }),
      onOutput: (listener) => {
        const replay = this.consoleReplay.read();
        if (replay.length > 0) listener(replay);
        return this.consoleOutput.on(listener);
      },
      resize: (size) => {
        this.consoleSize = size;
        this.tell({ type: 'console-resize', ...size });
      },
    };
  }

  async powerOn(how: PowerOn, signal?: AbortSignal): Promise<void> {
    const { type } = this.state.get();
    if (type !== 'off' && type !== 'failed') throw wrongState('power on', type);
    signal?.throwIfAborted();
    this.consoleReplay.clear();
    this.state.set({ type: 'loading', loadedBytes: 0, totalBytes: 0 });
    this.startWorker();
    const onAbort = () => void this.powerOff().catch(() => {});
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      await this.command({ type: 'power-on', how });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async powerOff(): Promise<void> {
    if (!this.worker) return this.state.set({ type: 'off' });
    // Ending the worker is what surely gives the memory back, but a cable that is plugged into it cannot be taken out.
    if (this.hasNic) await this.command({ type: 'power-off' });
    else this.endWorker(wrongState('go on', 'off'), 'the machine was powered off', { type: 'off' });
  }

  async reset(): Promise<void> {
    this.consoleReplay.clear();
    await this.command({ type: 'reset' });
  }

  async pause(): Promise<void> {
    await this.command({ type: 'pause' });
  }

  async resume(): Promise<void> {
    await this.command({ type: 'resume' });
  }

  async snapshot(): Promise<Uint8Array> {
    return (await this.command({ type: 'snapshot' })) as Uint8Array;
  }

  async readCounters({ scanMemory } = { scanMemory: false }): Promise<MachineCounters> {
    if (!this.worker) return this.counters.get();
    return (await this.command({ type: 'read-counters', scanMemory })) as MachineCounters;
  }

  async readHistory(): Promise<InstructionHistory> {
    if (!this.worker) return noHistory;
    return (await this.command({ type: 'read-history' })) as InstructionHistory;
  }

  openAgent(): ByteChannel {
    if (!this.worker) throw wrongState('talk to its agent', this.state.get().type);
    this.agent?.pipe.close('another channel to the agent was opened');
    const { port1: port, port2 } = new MessageChannel();
    const post = (message: AgentMessage) => port.postMessage(message);
    const pipe = new BytePipe(
      (bytes) => {
        post(bytes.slice());
        return true;
      },
      () => {
        post({ type: 'closed', reason: 'disposed of' });
        port.close();
      },
    );
    port.onmessage = ({ data }: MessageEvent<AgentMessage>) => {
      if (data instanceof Uint8Array) pipe.receive(data);
      else pipe.close(data.reason);
    };
    this.agent = { pipe, port };
    this.tell({ type: 'open-agent', port: port2 }, [port2]);
    return pipe;
  }

  async attachNic(port: MessagePort): Promise<void> {
    this.hasNic = true;
    if (this.worker) await this.command({ type: 'attach-nic', port }, [port]);
    else this.nicBeforeWorker = port;
  }

  dispose(): void {
    this.endWorker(wrongState('go on', 'off'), 'the machine was disposed of', { type: 'off' });
    this.nicBeforeWorker?.close();
  }

  private startWorker(): void {
    if (this.worker) return;
    let worker: Worker;
    try {
      worker = this.options.createWorker();
    } catch (cause) {
      const error = failures.noWorker(cause);
      this.state.set({ type: 'failed', error });
      throw error;
    }
    let spoke = false;
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      spoke = true;
      this.silentPings = 0;
      if (this.worker === worker) this.receive(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      if (this.worker !== worker) return;
      // A script that was blocked or missing gives an error event before anything else.
      const error = spoke
        ? failures.workerDied(event.message || 'it failed')
        : failures.noWorker(event.message);
      this.lose(error);
    };
    this.worker = worker;
    this.silentPings = 0;
    const { assetsUrl } = this.options;
    this.tell({ type: 'create', profile: this.profile, assetsUrl, compiled: compiled.get(assetsUrl) });
    if (this.consoleSize) this.tell({ type: 'console-resize', ...this.consoleSize });
    const nic = this.nicBeforeWorker;
    this.nicBeforeWorker = undefined;
    if (nic) void this.attachNic(nic).catch(() => {});
    this.watch(worker);
  }

  private watch(worker: Worker): void {
    this.options.scheduler.after(pingEveryMs, () => {
      if (this.worker !== worker) return;
      if (this.silentPings >= silentPingsAllowed) {
        this.lose(failures.workerDied('it no longer answers'));
        return;
      }
      this.silentPings += 1;
      this.tell({ type: 'ping' });
      this.watch(worker);
    });
  }

  private receive(message: FromWorker): void {
    switch (message.type) {
      case 'state':
        return this.state.set(stateOf(message.state));
      case 'phases':
        return this.phases.set(message.phases);
      case 'counters':
        return this.counters.set(message.counters);
      case 'share':
        return this.share.set(shareOf(message.share));
      case 'console-output':
        this.consoleReplay.push(message.bytes);
        return this.consoleOutput.emit(message.bytes);
      case 'done': {
        const { id, outcome } = message;
        const waiting = this.waiting.get(id);
        this.waiting.delete(id);
        if (outcome.type === 'ok') waiting?.resolve(outcome.value);
        else waiting?.reject(errorOf(outcome.error));
        return;
      }
      case 'compiled':
        compiled.set(this.options.assetsUrl, message.wasm);
        return;
      case 'pong':
        return;
      default:
        return assertNever(message);
    }
  }

  private command(command: Command, transfer: Transferable[] = []): Promise<Answer | undefined> {
    return new Promise((resolve, reject) => {
      if (!this.worker) return reject(wrongState(command.type.replaceAll('-', ' '), this.state.get().type));
      const id = this.nextId++;
      this.waiting.set(id, { resolve, reject });
      this.tell({ type: 'command', id, command }, transfer);
    });
  }

  private tell(message: ToWorker, transfer: Transferable[] = []): void {
    this.worker?.postMessage(message, transfer);
  }

  private lose(error: HullError<MachineErrorCode>): void {
    this.endWorker(error, error.message, { type: 'failed', error });
  }

  private endWorker(error: Error, reason: string, state: MachineState): void {
    this.worker?.terminate();
    this.worker = undefined;
    this.hasNic = false;
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    this.agent?.pipe.close(reason);
    this.agent?.port.close();
    this.agent = undefined;
    this.share.set({ ...this.share.get(), fetching: [] });
    this.state.set(state);
    for (const { reject } of waiting) reject(error);
  }
}
