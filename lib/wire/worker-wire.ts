import { assertNever } from '../base/assert-never';
import { type Disposable, toDisposable } from '../base/lifecycle';
import { errorOf } from '../base/plain-error';
import type { HullError } from '../base/hull-error';
import { Store } from '../base/store';
import type { CapturedPackets } from './capture/capture';
import { failures } from './failures';
import type { WireRequest, WireResponse } from './gateway/http/fetch';
import type { GatewaySettings } from './gateway/settings';
import type { FromWire, ToWire, WireAnswer, WireCommand } from './protocol';
import type { PortSettings } from './switch/port-settings';
import type {
  AddressEntry,
  GatewayStatus,
  LinkChange,
  MirrorByName,
  NewCapture,
  NewPort,
  PortStatus,
  Wire,
  WireErrorCode,
  WireState,
} from './wire';

export interface WorkerWireOptions {
  createWorker(): Worker;
  after(delayMs: number, run: () => void): Disposable;
}

interface Waiting {
  resolve(value: WireAnswer | undefined): void;
  reject(error: unknown): void;
}

const pingEveryMs = 1500;
/** Pings in a row without any word from the worker, which never works longer than a turn. */
const silentPingsAllowed = 4;

/** The page's wire: a worker. When that ends, `state` says why, commands reject, and the machines go on without a network. */
export class WorkerWire implements Wire {
  readonly state = new Store<WireState>({ type: 'running' });
  private worker: Worker | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private readonly watchers = new Set<(ports: readonly PortStatus[]) => void>();
  private nextId = 1;
  private silentPings = 0;
  private pinging: Disposable | undefined;

  constructor(private readonly options: WorkerWireOptions) {
    try {
      this.worker = this.start();
      this.ping();
    } catch (cause) {
      this.lose(failures.noWorker(cause));
    }
  }

  async addSwitch(name: string, options: { ageMs?: number } = {}): Promise<void> {
    await this.command({ type: 'add-switch', name, ...options });
  }

  async removeSwitch(name: string): Promise<void> {
    await this.command({ type: 'remove-switch', name });
  }

  async addPort(port: NewPort): Promise<void> {
    await this.command({ type: 'add-port', port });
  }

  async joinSwitches(
    one: Omit<NewPort, 'link'>,
    other: Omit<NewPort, 'link'>,
    link: LinkChange = {},
  ): Promise<void> {
    await this.command({ type: 'join-switches', one, other, link });
  }

  async removePort(port: string): Promise<void> {
    await this.command({ type: 'remove-port', port });
  }

  async configurePort(port: string, settings: PortSettings): Promise<void> {
    await this.command({ type: 'configure-port', port, settings });
  }

  async changeLink(port: string, change: LinkChange): Promise<void> {
    await this.command({ type: 'change-link', port, change });
  }

  async attach(port: string, nic: MessagePort): Promise<void> {
    await this.command({ type: 'attach', port, nic }, [nic]);
  }

  async detach(port: string): Promise<void> {
    await this.command({ type: 'detach', port });
  }

  async addGateway(port: string, settings: GatewaySettings = {}): Promise<void> {
    await this.command({ type: 'add-gateway', port, settings });
  }

  async removeGateway(port: string): Promise<void> {
    await this.command({ type: 'remove-gateway', port });
  }

  async setNames(port: string, names: Readonly<Record<string, string>>): Promise<void> {
    await this.command({ type: 'set-names', port, names });
  }

  async readGateway(port: string): Promise<GatewayStatus> {
    return (await this.command({ type: 'read-gateway', port })) as GatewayStatus;
  }

  async fetchHttp(port: string, request: WireRequest, signal?: AbortSignal): Promise<WireResponse> {
    return (await this.command({ type: 'fetch-http', port, request }, [], signal)) as WireResponse;
  }

  async setMirrors(name: string, mirrors: readonly MirrorByName[]): Promise<void> {
    await this.command({ type: 'set-mirrors', name, mirrors });
  }

  async setLoopGuard(on: boolean): Promise<void> {
    await this.command({ type: 'set-loop-guard', on });
  }

  async readPorts(): Promise<readonly PortStatus[]> {
    return (await this.command({ type: 'read-ports' })) as readonly PortStatus[];
  }

  watchPorts(listener: (ports: readonly PortStatus[]) => void): Disposable {
    this.watchers.add(listener);
    if (this.watchers.size === 1) this.tell({ type: 'watch-ports', on: true });
    return toDisposable(() => {
      this.watchers.delete(listener);
      if (this.watchers.size === 0) this.tell({ type: 'watch-ports', on: false });
    });
  }

  async readAddresses(name: string): Promise<readonly AddressEntry[]> {
    return (await this.command({ type: 'read-addresses', name })) as readonly AddressEntry[];
  }

  async startCapture(capture: NewCapture): Promise<void> {
    await this.command({ type: 'start-capture', capture });
  }

  async readCapture(capture: string, from = 0): Promise<CapturedPackets> {
    return (await this.command({ type: 'read-capture', capture, from })) as CapturedPackets;
  }

  async saveCapture(capture: string): Promise<Uint8Array<ArrayBuffer>> {
    return (await this.command({ type: 'save-capture', capture })) as Uint8Array<ArrayBuffer>;
  }

  async endCapture(capture: string): Promise<void> {
    await this.command({ type: 'end-capture', capture });
  }

  dispose(): void {
    this.lose(failures.disposed());
  }

  private start(): Worker {
    const worker = this.options.createWorker();
    let spoke = false;
    worker.onmessage = ({ data }: MessageEvent<FromWire>) => {
      spoke = true;
      this.silentPings = 0;
      if (this.worker === worker) this.receive(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      if (this.worker !== worker) return;
      // A script that was blocked or missing gives an error event before anything else.
      this.lose(spoke ? failures.workerDied(event.message || 'it failed') : failures.noWorker(event.message));
    };
    return worker;
  }

  private ping(): void {
    this.pinging = this.options.after(pingEveryMs, () => {
      if (this.silentPings >= silentPingsAllowed)
        return this.lose(failures.workerDied('it no longer answers'));
      this.silentPings += 1;
      this.tell({ type: 'ping' });
      this.ping();
    });
  }

  private receive(message: FromWire): void {
    switch (message.type) {
      case 'done': {
        const { id, outcome } = message;
        const waiting = this.waiting.get(id);
        this.waiting.delete(id);
        if (outcome.type === 'ok') waiting?.resolve(outcome.value);
        else waiting?.reject(errorOf(outcome.error));
        return;
      }
      case 'ports':
        for (const listener of [...this.watchers]) listener(message.ports);
        return;
      case 'pong':
        return;
      default:
        return assertNever(message);
    }
  }

  private command(
    command: WireCommand,
    transfer: Transferable[] = [],
    signal?: AbortSignal,
  ): Promise<WireAnswer | undefined> {
    const id = this.nextId++;
    const giveUp = () => {
      const waiting = this.waiting.get(id);
      this.waiting.delete(id);
      this.tell({ type: 'give-up', id });
      waiting?.reject(signal?.reason);
    };
    return new Promise<WireAnswer | undefined>((resolve, reject) => {
      const state = this.state.get();
      if (state.type === 'failed') return reject(state.error);
      if (signal?.aborted) return reject(signal.reason);
      signal?.addEventListener('abort', giveUp, { once: true });
      this.waiting.set(id, { resolve, reject });
      this.tell({ type: 'command', id, command }, transfer);
    }).finally(() => signal?.removeEventListener('abort', giveUp));
  }

  private tell(message: ToWire, transfer: Transferable[] = []): void {
    this.worker?.postMessage(message, transfer);
  }

  private lose(error: HullError<WireErrorCode>): void {
    if (this.state.get().type === 'failed') return;
    this.worker?.terminate();
    this.worker = undefined;
    this.pinging?.dispose();
    this.watchers.clear();
    this.state.set({ type: 'failed', error });
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    for (const { reject } of waiting) reject(error);
  }
}
