import { type Disposable, toDisposable } from '../base/lifecycle';
import { Store } from '../base/store';
import { CaptureSet } from './capture/capture-set';
import { CorePort, joinPorts } from './core-port';
import { because } from './counters';
import { failures } from './failures';
import { formatMac } from './formats/addresses';
import type { FrameSink, Offloads } from './frame';
import { segmentsOf } from './frame-segments';
import type { Gateway } from './gateway/gateway';
import { GatewayPlug } from './gateway/gateway-plug';
import { gatewayOptions, gatewayStatus } from './gateway/gateway-status';
import type { Outside } from './gateway/outside';
import type { WireRequest, WireResponse } from './gateway/http/fetch';
import { type GatewaySettings, zoneEntries } from './gateway/settings';
import type { LinkSettings } from './link/link-settings';
import { redundantTrunks } from './loop-guard';
import { CardPlug, FunctionPlug, type Plug, type PlugSurroundings } from './plug';
import { readGatewaySettings, readLink, readPortSettings, readRequest } from './read-settings';
import { plainPort, type PortSettings } from './switch/port-settings';
import { Switch, usualAgeMs } from './switch/switch';
import { Turns } from './turns';
import type {
  GatewayStatus,
  LinkChange,
  MirrorByName,
  NewCapture,
  NewPort,
  PortStatus,
  Wire,
  WireState,
} from './wire';
import type { Random, WireTime } from './wire-time';

export interface WireSurroundings {
  time: WireTime;
  random: Random;
  /** Wall clock, nanoseconds since 1970: what captures are stamped with. */
  unixNs(): bigint;
  /** Where gateways find what their settings name by URLs; without it, they are refused. */
  outside?: Outside;
}

const portsEveryMs = 500;

/** The wire itself, wherever it runs: in a worker behind a `WorkerWire`, or in Node as it is. */
export class CoreWire implements Wire {
  readonly state = new Store<WireState>({ type: 'running' });
  private readonly turns: Turns;
  private readonly switches = new Map<string, Switch>();
  private readonly ports = new Map<string, CorePort>();
  private readonly captures: CaptureSet;
  private loopGuard = true;
  private disposed = false;

  constructor(private readonly surroundings: WireSurroundings) {
    this.turns = new Turns(surroundings.time);
    this.captures = new CaptureSet(surroundings.unixNs);
  }

  async addSwitch(name: string, options: { ageMs?: number } = {}): Promise<void> {
    if (this.switches.has(name)) throw failures.taken('switch', name);
    const ageMs = options.ageMs ?? usualAgeMs;
    if (!(ageMs >= 0)) throw failures.badSettings(`switch “${name}”`, 'ageMs is not a time');
    this.require();
    this.switches.set(name, new Switch(this.turns.time, { ageMs }));
  }

  async removeSwitch(name: string): Promise<void> {
    this.switchNamed(name);
    for (const port of [...this.ports.values()]) if (port.switchName === name) this.remove(port);
    this.switches.delete(name);
    this.guardLoops();
  }

  async addPort(wanted: NewPort): Promise<void> {
    const link = readLink(wanted.port, wanted.link);
    const port = this.makePort(wanted);
    this.setLink(port, link);
  }

  async joinSwitches(
    first: Omit<NewPort, 'link'>,
    second: Omit<NewPort, 'link'>,
    link?: LinkChange,
  ): Promise<void> {
    const settings = readLink(first.port, link);
    if (first.port === second.port) throw failures.taken('port', first.port);
    const one = this.makePort(first);
    let other: CorePort;
    try {
      other = this.makePort(second);
    } catch (error) {
      this.remove(one);
      throw error;
    }
    joinPorts(one, other);
    this.setLink(one, settings);
    this.guardLoops();
  }

  async removePort(name: string): Promise<void> {
    this.remove(this.portNamed(name));
    this.guardLoops();
  }

  async configurePort(name: string, settings: PortSettings): Promise<void> {
    const port = this.portNamed(name);
    port.device.configure(port.port, readPortSettings(name, settings));
  }

  async changeLink(name: string, change: LinkChange): Promise<void> {
    const port = this.portNamed(name);
    const link = readLink(name, change, { in: port.in.get(), out: port.out.get() });
    this.turns.take(() => this.setLink(port, link));
    this.guardLoops();
  }

  async attach(name: string, nic: MessagePort): Promise<void> {
    this.plugIn(name, (surroundings) => new CardPlug(nic, surroundings));
  }

  /** For who is in this thread. What is returned takes what it sends. */
  connect(
    name: string,
    end: { receive: FrameSink; offloads?: Offloads; onLink?: (up: boolean) => void },
  ): FrameSink {
    const { toCable } = this.plugIn(name, () => new FunctionPlug(end.receive, end.offloads, end.onLink));
    return (frame) => this.turns.take(() => toCable(frame));
  }

  async detach(name: string): Promise<void> {
    const port = this.portNamed(name);
    if (port.peer.type !== 'socket') throw failures.notASocket(name);
    port.plug(undefined);
  }

  async addGateway(name: string, wanted: GatewaySettings = {}): Promise<void> {
    const settings = readGatewaySettings(name, wanted);
    const { random, unixNs, outside } = this.surroundings;
    const options = gatewayOptions(
      name,
      settings,
      {
        now: () => this.turns.time.now(),
        after: (delayMs, run) => this.turns.time.after(delayMs, run),
        unixMs: () => Number(unixNs() / 1000n) / 1000,
        random,
      },
      outside,
    );
    this.plugIn(name, (surroundings) => new GatewayPlug(options, surroundings));
  }

  async removeGateway(name: string): Promise<void> {
    this.gatewayAt(name);
    this.portNamed(name).plug(undefined);
  }

  async setNames(name: string, names: Readonly<Record<string, string>>): Promise<void> {
    const gateway = this.gatewayAt(name);
    gateway.names = zoneEntries(readGatewaySettings(name, { names }).names);
  }

  async readGateway(name: string): Promise<GatewayStatus> {
    return gatewayStatus(this.gatewayAt(name), this.turns.time.now());
  }

  async fetchHttp(
    name: string,
    request: WireRequest,
    signal = new AbortController().signal,
  ): Promise<WireResponse> {
    return this.gatewayAt(name).fetch(readRequest(request), signal);
  }

  async setMirrors(name: string, mirrors: readonly MirrorByName[]): Promise<void> {
    const device = this.switchNamed(name);
    const numberOf = (portName: string) => {
      const port = this.portNamed(portName);
      if (port.device !== device) throw failures.unknown(`port of switch “${name}” named`, portName);
      return port.port.number;
    };
    device.setMirrors(
      mirrors.map(({ from, to, direction }) => ({ from: numberOf(from), to: numberOf(to), direction })),
    );
  }

  async setLoopGuard(on: boolean): Promise<void> {
    this.loopGuard = on;
    this.guardLoops();
  }

  async readPorts(): Promise<readonly PortStatus[]> {
    return [...this.ports.values()].map((port) => port.status());
  }

  watchPorts(listener: (ports: readonly PortStatus[]) => void): Disposable {
    const tell = () => {
      if (this.disposed) return;
      next = this.surroundings.time.after(portsEveryMs, tell);
      listener([...this.ports.values()].map((port) => port.status()));
    };
    let next = this.surroundings.time.soon(tell);
    return toDisposable(() => next.dispose());
  }

  async readAddresses(name: string) {
    const device = this.switchNamed(name);
    const names = new Map(
      [...this.ports.values()]
        .filter((port) => port.device === device)
        .map(({ port, name }) => [port.number, name]),
    );
    return device.addresses().map(({ mac, vlan, port, ageMs }) => ({
      mac: formatMac(mac),
      vlan,
      port: names.get(port) ?? '',
      ageMs,
    }));
  }

  async startCapture(wanted: NewCapture): Promise<void> {
    this.captures.start(
      wanted,
      wanted.ports.map((name) => ({ name, port: this.portNamed(name).port })),
    );
  }

  async readCapture(name: string, from?: number) {
    return this.captures.read(name, from);
  }

  async saveCapture(name: string) {
    return this.captures.save(name);
  }

  async endCapture(name: string): Promise<void> {
    this.captures.end(name);
  }

  dispose(): void {
    this.disposed = true;
    for (const port of [...this.ports.values()]) this.remove(port);
    this.switches.clear();
    this.turns.dispose();
    this.state.set({ type: 'failed', error: failures.disposed() });
  }

  private makePort({ port: name, switch: switchName, settings }: Omit<NewPort, 'link'>): CorePort {
    this.require();
    const device = this.switchNamed(switchName);
    if (this.ports.has(name)) throw failures.taken('port', name);
    const checked = readPortSettings(name, { ...plainPort, ...settings });
    const port = new CorePort(name, switchName, device, this.turns, this.surroundings.random);
    device.configure(port.port, checked);
    this.ports.set(name, port);
    return port;
  }

  private plugIn(
    name: string,
    make: (surroundings: PlugSurroundings) => Plug,
  ): Pick<PlugSurroundings, 'toCable'> {
    const port = this.portNamed(name);
    if (port.peer.type !== 'socket') throw failures.notASocket(name);
    let plug: Plug | undefined = undefined;
    const isIn = () => port.peer.type === 'socket' && port.peer.plug === plug;
    const toCable: FrameSink = (frame) => isIn() && port.in.send(frame);
    plug = make({
      turns: this.turns,
      toCable,
      onFull: (frame) => port.port.counters.drop(because.queueFull, segmentsOf(frame)),
      onGone: () => isIn() && port.plug(undefined),
    });
    port.plug(plug);
    return { toCable };
  }

  private setLink(port: CorePort, link: { in: LinkSettings; out: LinkSettings }): void {
    port.in.set(link.in);
    port.out.set(link.out);
    port.updateCarrier();
    if (port.peer.type === 'port') port.peer.port.updateCarrier();
  }

  private remove(port: CorePort): void {
    if (this.ports.get(port.name) !== port) return;
    this.ports.delete(port.name);
    this.captures.forget(port.port);
    port.dispose();
    if (port.peer.type === 'port') this.remove(port.peer.port);
  }

  /** After whatever may have changed the ways between switches. */
  private guardLoops(): void {
    const trunks = [...this.ports.values()].flatMap((port) =>
      // Each cable once, by the port that was made first.
      port.peer.type === 'port' && port.isWhole && this.isFirst(port, port.peer.port)
        ? [{ one: port.switchName, other: port.peer.port.switchName, ports: [port, port.peer.port] }]
        : [],
    );
    const redundant = this.loopGuard ? redundantTrunks(trunks) : new Set();
    let changed = false;
    for (const trunk of trunks)
      for (const { device, port } of trunk.ports) {
        changed ||= port.blocked !== redundant.has(trunk);
        device.setBlocked(port, redundant.has(trunk));
      }
    if (changed) for (const device of this.switches.values()) device.forget();
  }

  private isFirst(one: CorePort, other: CorePort): boolean {
    for (const port of this.ports.values()) if (port === one || port === other) return port === one;
    return false;
  }

  private switchNamed(name: string): Switch {
    const found = this.switches.get(name);
    if (!found) throw failures.unknown('switch', name);
    return found;
  }

  private portNamed(name: string): CorePort {
    const found = this.ports.get(name);
    if (!found) throw failures.unknown('port', name);
    return found;
  }

  private gatewayAt(name: string): Gateway {
    const { peer } = this.portNamed(name);
    if (peer.type === 'socket' && peer.plug instanceof GatewayPlug) return peer.plug.gateway;
    throw failures.noGateway(name);
  }

  private require(): void {
    if (this.disposed) throw failures.disposed();
  }
}
