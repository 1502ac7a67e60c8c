import type { HullError } from '../base/hull-error';
import type { Disposable } from '../base/lifecycle';
import type { ReadonlyStore } from '../base/store';
import type { CapturedPackets, CaptureLimits } from './capture/capture';
import type { PortTotals } from './counters';
import type { GatewayCounters } from './gateway/gateway';
import type { WireRequest, WireResponse } from './gateway/http/fetch';
import type { GatewaySettings } from './gateway/settings';
import type { LinkSettings } from './link/link-settings';
import type { PortSettings } from './switch/port-settings';

export type WireErrorCode =
  | 'no-worker'
  | 'worker-died'
  | 'disposed'
  | 'unknown-name'
  | 'name-taken'
  | 'bad-settings'
  | 'not-a-socket'
  | 'no-gateway';

export type WireState = { type: 'running' } | { type: 'failed'; error: HullError<WireErrorCode> };

/** Seen from the switch: `in` is what arrives at the port, `out` what leaves through it. */
export interface LinkChange {
  in?: Partial<LinkSettings>;
  out?: Partial<LinkSettings>;
}

export interface PortStatus {
  name: string;
  switch: string;
  /** What the port's cable leads to. */
  peer: { type: 'port'; port: string } | { type: 'card' } | { type: 'gateway' } | { type: 'nothing' };
  /** Something is there, and the cable is whole in both directions. */
  carrier: boolean;
  /** By the loop guard: there is another way. */
  blocked: boolean;
  settings: PortSettings;
  link: { in: LinkSettings; out: LinkSettings };
  /**
   * What the switch has seen here. What the cable drops is counted with them in both directions, but between two switches with the
   * port that sent.
   */
  totals: PortTotals;
}

export interface AddressEntry {
  /** "02:00:00:00:00:01" */
  mac: string;
  vlan: number;
  port: string;
  ageMs: number;
}

export interface NewPort {
  switch: string;
  /** Unique on the wire. */
  port: string;
  settings?: Partial<PortSettings>;
  link?: LinkChange;
}

export interface MirrorByName {
  from: string;
  to: string;
  direction: 'in' | 'out' | 'both';
}

export interface NewCapture {
  capture: string;
  /** Packets say which by its index here. */
  ports: readonly string[];
  limits?: CaptureLimits;
}

/** An address that a gateway has given away. */
export interface LeaseStatus {
  /** "10.0.0.10" */
  address: string;
  /** "02:00:00:00:00:01" */
  mac: string;
  /** By which others find the machine: `NAME.twinhull`. Empty if it did not say. */
  hostName: string;
  secondsLeft: number;
}

export interface GatewayStatus {
  /** "10.0.0.1" */
  address: string;
  /** "10.0.0.0/24" */
  subnet: string;
  mac: string;
  leases: readonly LeaseStatus[];
  counters: GatewayCounters;
}

/**
 * Switches, the cables to them and between them, and what passes. The page's is a worker of its own, Node's runs in the
 * process; both behave alike. What names something that is not there, or settings that make no sense, rejects with a sentence and changes
 * nothing.
 */
export interface Wire extends Disposable {
  readonly state: ReadonlyStore<WireState>;
  addSwitch(name: string, options?: { ageMs?: number }): Promise<void>;
  /** With its ports, and the cables to other switches. */
  removeSwitch(name: string): Promise<void>;
  /** A port with a cable that ends in a socket for one card. */
  addPort(port: NewPort): Promise<void>;
  /** A cable between two switches: a port at each. `link` is seen from the first. */
  joinSwitches(one: Omit<NewPort, 'link'>, other: Omit<NewPort, 'link'>, link?: LinkChange): Promise<void>;
  /** With its cable, and the port at the cable's other end if that is a switch's. */
  removePort(port: string): Promise<void>;
  configurePort(port: string, settings: PortSettings): Promise<void>;
  /** The others of the link's settings stay as they are. */
  changeLink(port: string, change: LinkChange): Promise<void>;
  /** Plugs a machine's card in (`Machine.attachNic` has the other end), in place of what was there. */
  attach(port: string, nic: MessagePort): Promise<void>;
  detach(port: string): Promise<void>;
  /**
   * Plugs a gateway in, in place of what was there: it gives the machines addresses, names and the time, serves the registry, and
   * leads to the internet if it has an uplink. Removing the port takes it away as well.
   */
  addGateway(port: string, settings?: GatewaySettings): Promise<void>;
  removeGateway(port: string): Promise<void>;
  /** Further names of a gateway's zone (`GatewaySettings.names`), in place of those that it had. Leases stay. */
  setNames(port: string, names: NonNullable<GatewaySettings['names']>): Promise<void>;
  readGateway(port: string): Promise<GatewayStatus>;
  /**
   * Asks a machine's service from a gateway, over the wire as any other client. Rejects with what TCP, HTTP or the time that it took
   * have against it, and with the signal's reason.
   * @param port of the gateway
   */
  fetchHttp(port: string, request: WireRequest, signal?: AbortSignal): Promise<WireResponse>;
  /** In place of those that there were. A port that shows others takes part in nothing else. */
  setMirrors(name: string, mirrors: readonly MirrorByName[]): Promise<void>;
  /** On at first. Off, loops of cables between switches are loops; only the ports' storm guards bound what goes round. */
  setLoopGuard(on: boolean): Promise<void>;
  readPorts(): Promise<readonly PortStatus[]>;
  /** Now and then, until disposed of. */
  watchPorts(listener: (ports: readonly PortStatus[]) => void): Disposable;
  readAddresses(name: string): Promise<readonly AddressEntry[]>;
  /** Keeps copies of the frames at these ports, as they are on the cable next to the switch. */
  startCapture(capture: NewCapture): Promise<void>;
  /** Those from a number on which are still there. */
  readCapture(capture: string, from?: number): Promise<CapturedPackets>;
  /** As a pcapng file. */
  saveCapture(capture: string): Promise<Uint8Array<ArrayBuffer>>;
  endCapture(capture: string): Promise<void>;
}
