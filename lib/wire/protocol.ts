import type { PlainError } from '../base/plain-error';
import type { CapturedPackets } from './capture/capture';
import type { WireRequest, WireResponse } from './gateway/http/fetch';
import type { GatewaySettings } from './gateway/settings';
import type { PortSettings } from './switch/port-settings';
import type {
  AddressEntry,
  GatewayStatus,
  LinkChange,
  MirrorByName,
  NewCapture,
  NewPort,
  PortStatus,
} from './wire';

/** Between the page and the wire's worker. Types only. Frames do not come this way: each card has a port of its own (frame.ts). */
export type ToWire =
  /** `id` comes back in a `done`. */
  | { type: 'command'; id: number; command: WireCommand }
  /** Whoever waits for that command does no longer. Its `done` comes all the same. */
  | { type: 'give-up'; id: number }
  /** Ports' states and counters, now and then, from now on, or no longer. */
  | { type: 'watch-ports'; on: boolean }
  | { type: 'ping' };

export type WireCommand =
  | { type: 'add-switch'; name: string; ageMs?: number }
  | { type: 'remove-switch'; name: string }
  | { type: 'add-port'; port: NewPort }
  | { type: 'join-switches'; one: Omit<NewPort, 'link'>; other: Omit<NewPort, 'link'>; link?: LinkChange }
  | { type: 'remove-port'; port: string }
  | { type: 'configure-port'; port: string; settings: PortSettings }
  | { type: 'change-link'; port: string; change: LinkChange }
  /** The port speaks frame.ts. */
  | { type: 'attach'; port: string; nic: MessagePort }
  | { type: 'detach'; port: string }
  | { type: 'add-gateway'; port: string; settings: GatewaySettings }
  | { type: 'remove-gateway'; port: string }
  | { type: 'set-names'; port: string; names: Readonly<Record<string, string>> }
  | { type: 'read-gateway'; port: string }
  /** Ends early with a `give-up` of its id. */
  | { type: 'fetch-http'; port: string; request: WireRequest }
  | { type: 'set-mirrors'; name: string; mirrors: readonly MirrorByName[] }
  | { type: 'set-loop-guard'; on: boolean }
  | { type: 'read-ports' }
  | { type: 'read-addresses'; name: string }
  | { type: 'start-capture'; capture: NewCapture }
  | { type: 'read-capture'; capture: string; from?: number }
  | { type: 'save-capture'; capture: string }
  | { type: 'end-capture'; capture: string };

export type FromWire =
  | { type: 'done'; id: number; outcome: WireOutcome }
  | { type: 'ports'; ports: readonly PortStatus[] }
  | { type: 'pong' };

export type WireOutcome = { type: 'ok'; value?: WireAnswer } | { type: 'error'; error: PlainError };

export type WireAnswer =
  | readonly PortStatus[]
  | readonly AddressEntry[]
  | GatewayStatus
  | WireResponse
  | CapturedPackets
  | Uint8Array<ArrayBuffer>;
