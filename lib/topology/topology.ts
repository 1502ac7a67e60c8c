import type { HullError } from '../base/hull-error';
import { type Disposable, DisposableStack } from '../base/lifecycle';
import { type ReadonlyStore, Store } from '../base/store';
import type { Station } from '../fleet/station';
import type { AddressEntry, PortStatus, Wire } from '../wire/wire';
import type { Graph } from './graph';
import { type Counters, GuestReport } from './guest-report';
import { mergeGraph } from './merge';
import { type Count, meterKey, type Rate, Traffic } from './traffic';

export interface LostReport {
  station: string;
  error: HullError;
}

/** An interface that says nothing for so long has nothing to say: it counts once a second. */
const quietAfterMs = 2500;
/** Addresses move only when somebody plugs something over: asked every so many looks at the ports. */
const addressesEvery = 4;

interface Seat {
  station: Station;
  report: GuestReport;
  owned: DisposableStack;
  counters: Counters;
}

/** The network as wire and machines report it, kept true until disposed of. */
export class Topology implements Disposable {
  private readonly owned = new DisposableStack();
  private readonly graphs = new Store<Graph>({ nodes: [], edges: [] });
  private readonly allRates = new Store<ReadonlyMap<string, Rate>>(new Map());
  private readonly allLost = new Store<readonly LostReport[]>([]);
  private readonly traffic = new Traffic();
  private seats: readonly Seat[] = [];
  private ports: readonly PortStatus[] = [];
  private portsText = '';
  private addresses: readonly AddressEntry[] = [];
  private addressesText = '';
  private looks = 0;
  private isMergeDue = false;

  readonly graph: ReadonlyStore<Graph> = this.graphs;
  /** By the edge's id, frames a second; those without traffic are left out. */
  readonly rates: ReadonlyStore<ReadonlyMap<string, Rate>> = this.allRates;
  readonly lost: ReadonlyStore<readonly LostReport[]> = this.allLost;

  /** @param now milliseconds, monotonic */
  constructor(
    private readonly wire: Pick<Wire, 'readPorts' | 'watchPorts' | 'readAddresses'>,
    stations: ReadonlyStore<readonly Station[]>,
    private readonly now: () => number,
  ) {
    this.owned.defer(() => {
      for (const { owned } of this.seats) owned.dispose();
      this.seats = [];
    });
    this.owned.add(stations.subscribe((them) => this.seat(them)));
    this.owned.add(wire.watchPorts((ports) => this.takePorts(ports)));
    this.seat(stations.get());
    this.refresh();
  }

  /** Looks at the wire now, after it was changed. */
  refresh(): void {
    this.wire.readPorts().then(
      (ports) => this.takePorts(ports),
      // The wire says by itself that it is gone.
      () => undefined,
    );
  }

  /** Asks a machine again that no longer reports. */
  ask(station: string): void {
    this.seats.find((seat) => seat.station.name === station)?.report.ask();
  }

  dispose(): void {
    this.owned.dispose();
  }

  private seat(stations: readonly Station[]): void {
    const isSame = (one: Station, other: Station) => one.guest === other.guest && one.name === other.name;
    for (const seat of this.seats)
      if (!stations.some((station) => isSame(station, seat.station))) seat.owned.dispose();
    this.seats = stations.map((station) => {
      const seated = this.seats.find((seat) => isSame(seat.station, station));
      if (!seated) return this.newSeat(station);
      seated.station = station;
      return seated;
    });
    this.merge();
  }

  private newSeat(station: Station): Seat {
    const owned = new DisposableStack();
    const report = owned.add(new GuestReport(station.guest));
    const seat: Seat = { station, report, owned, counters: new Map() };
    owned.add(report.state.subscribe(() => this.merge()));
    owned.add(report.names.subscribe(() => this.merge()));
    owned.add(report.counters.subscribe((counters) => this.takeCounters(seat, counters)));
    return seat;
  }

  private takeCounters(seat: Seat, counters: Counters): void {
    const { name: station } = seat.station;
    for (const [namespace, links] of counters) {
      if (links === seat.counters.get(namespace)) continue;
      const counts = new Map<string, Count>();
      for (const [index, { sentFrames, receivedFrames }] of links)
        counts.set(meterKey({ type: 'link', station, namespace, index, out: 'forward' }), {
          out: sentFrames,
          in: receivedFrames,
        });
      this.traffic.take(sourceOf(station, namespace), counts, this.now());
    }
    seat.counters = counters;
  }

  private takePorts(ports: readonly PortStatus[]): void {
    if (this.owned.isDisposed) return;
    const now = this.now();
    const counts = ports.map(
      ({ name, totals }) =>
        [
          meterKey({ type: 'port', port: name, out: 'forward' }),
          { out: totals.outFrames, in: totals.inFrames },
        ] as const,
    );
    this.traffic.take('wire', new Map(counts), now);
    const sources = this.seats.flatMap(({ station, counters }) =>
      [...counters.keys()].map((namespace) => sourceOf(station.name, namespace)),
    );
    this.traffic.settle(now, quietAfterMs, (source) => source === 'wire' || sources.includes(source));
    this.allRates.set(this.traffic.of(this.graphs.get().edges));

    const text = JSON.stringify(ports.map(({ totals: _, ...rest }) => rest));
    const isNew = text !== this.portsText;
    this.portsText = text;
    this.ports = ports;
    if (isNew) this.merge();
    if (isNew || this.looks++ % addressesEvery === 0) void this.askAddresses();
  }

  private async askAddresses(): Promise<void> {
    try {
      const switches = new Set(this.ports.map((port) => port.switch));
      const asked = await Promise.all([...switches].map((name) => this.wire.readAddresses(name)));
      if (this.owned.isDisposed) return;
      const addresses = asked.flat();
      const text = JSON.stringify(addresses.map(({ mac, port }) => `${mac} ${port}`).sort());
      if (text === this.addressesText) return;
      this.addressesText = text;
      this.addresses = addresses;
      this.merge();
    } catch {
      // A switch that was taken away meanwhile, or the wire is gone: the next look is without it.
    }
  }

  /** Once for all that has changed in this turn. */
  private merge(): void {
    if (this.isMergeDue) return;
    this.isMergeDue = true;
    queueMicrotask(() => {
      this.isMergeDue = false;
      if (!this.owned.isDisposed) this.mergeNow();
    });
  }

  private mergeNow(): void {
    const lost: LostReport[] = [];
    const stations = this.seats.map(({ station: { name, port }, report }) => {
      const state = report.state.get();
      const names = report.names.get();
      switch (state.type) {
        case 'reporting':
          return { name, port, names, namespaces: state.namespaces };
        case 'waiting':
          return { name, port, names, namespaces: [], note: 'asking it…' };
        case 'lost':
          lost.push({ station: name, error: state.error });
          return { name, port, names, namespaces: [], note: 'reports nothing' };
      }
    });
    this.allLost.set(lost);
    this.graphs.set(mergeGraph({ ports: this.ports, addresses: this.addresses, stations }));
  }
}

const sourceOf = (station: string, namespace: number) => `${station}/${namespace}`;
