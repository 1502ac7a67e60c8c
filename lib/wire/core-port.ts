import { because } from './counters';
import type { FrameSink } from './frame';
import { segmentsOf } from './frame-segments';
import { LinkDirection } from './link/link-direction';
import type { Plug } from './plug';
import type { Switch } from './switch/switch';
import type { SwitchPort } from './switch/switch-port';
import type { Turns } from './turns';
import type { PortStatus } from './wire';
import type { Random } from './wire-time';

/** What hands a port's cable on: a socket for a card, or a port of another switch. */
export type Peer = { type: 'socket'; plug?: Plug } | { type: 'port'; port: CorePort };

/** A port of a switch with its cable. */
export class CorePort {
  readonly port: SwitchPort;
  /** The direction that leaves the switch here. */
  readonly out: LinkDirection;
  /** The direction that arrives here; of a cable between switches, the other port's `out`. */
  in: LinkDirection;
  peer: Peer = { type: 'socket' };
  /** Counted by plugs that are no longer there. */
  private malformedBefore = 0;

  constructor(
    readonly name: string,
    readonly switchName: string,
    readonly device: Switch,
    private readonly turns: Turns,
    random: Random,
  ) {
    this.port = device.addPort((frame) => this.out.send(frame));
    const { counters } = this.port;
    const receive: FrameSink = (frame) => this.device.receive(this.port, frame);
    this.out = new LinkDirection(turns.time, random, counters, (frame) => {
      const { peer } = this;
      if (peer.type === 'port') {
        if (!this.turns.pass(frame, peer.port.receive)) counters.drop(because.queueFull, segmentsOf(frame));
      } else if (peer.plug) peer.plug.deliver(frame);
      else counters.drop(because.linkDown, segmentsOf(frame));
    });
    this.in = new LinkDirection(turns.time, random, counters, receive);
    this.updateCarrier();
  }

  readonly receive: FrameSink = (frame) => this.device.receive(this.port, frame);

  get isWhole(): boolean {
    return this.in.get().up && this.out.get().up;
  }

  plug(plug: Plug | undefined): void {
    if (this.peer.type !== 'socket') return;
    this.malformedBefore += this.peer.plug?.malformed ?? 0;
    this.peer.plug?.dispose();
    this.peer = plug ? { type: 'socket', plug } : { type: 'socket' };
    this.updateCarrier();
  }

  /** After a change of the cable or of what is at its end. */
  updateCarrier(): void {
    const { peer, isWhole } = this;
    this.device.setCarrier(this.port, isWhole && (peer.type === 'port' || peer.plug !== undefined));
    if (peer.type === 'socket') peer.plug?.setLink(isWhole);
  }

  status(): PortStatus {
    const { name, switchName, port, peer } = this;
    const totals = port.counters.read();
    const malformed = this.malformedBefore + (peer.type === 'socket' ? (peer.plug?.malformed ?? 0) : 0);
    if (malformed > 0) totals.drops.malformed = (totals.drops.malformed ?? 0) + malformed;
    return {
      name,
      switch: switchName,
      peer:
        peer.type === 'port'
          ? { type: 'port', port: peer.port.name }
          : { type: peer.plug?.kind ?? 'nothing' },
      carrier: port.carrier,
      blocked: port.blocked,
      settings: port.settings,
      link: { in: this.in.get(), out: this.out.get() },
      totals,
    };
  }

  dispose(): void {
    if (this.peer.type === 'socket') this.peer.plug?.dispose();
    this.out.dispose();
    this.in.dispose();
    this.device.removePort(this.port);
  }
}

/** Makes one cable of two ports' own. */
export function joinPorts(one: CorePort, other: CorePort): void {
  one.in.dispose();
  other.in.dispose();
  one.in = other.out;
  other.in = one.out;
  one.peer = { type: 'port', port: other };
  other.peer = { type: 'port', port: one };
  one.updateCarrier();
  other.updateCarrier();
}
