import { type Disposable, DisposableStack } from '../base/lifecycle';
import { type ReadonlyStore, Store } from '../base/store';
import { Engine } from '../engine/engine';
import { Inventory } from '../engine/inventory';
import type { Container } from '../engine/schemas';
import type { Guest } from '../guest/guest';

/** Where services of the lab may be: a machine that somebody can speak to. */
export interface ServiceHost {
  name: string;
  guest: Pick<Guest, 'connect' | 'onEvent' | 'hello'>;
}

/** Something that can be visited. */
export interface Service {
  station: string;
  /** Of the machine. */
  port: number;
  /** The machine's own service, or a container's that is published there. */
  of: { type: 'machine' } | { type: 'container'; name: string; image: string; port: number };
  /** The address of the machine at which alone it listens. */
  address: string | undefined;
}

/** What the machine itself serves, by its profile. */
const ownPorts: Readonly<Record<string, readonly number[]>> = { web: [80] };

/** What the machines of a lab serve, kept true by their engines' events. */
export class Services implements Disposable {
  private readonly owned = new DisposableStack();
  private readonly store = new Store<readonly Service[]>([]);
  private readonly found: (readonly Service[])[] = [];

  readonly list: ReadonlyStore<readonly Service[]> = this.store;

  constructor(hosts: readonly ServiceHost[]) {
    hosts.forEach((host, index) => this.watch(host, index));
  }

  /** The machine's address for a port, where loopback does not lead to it. */
  addressOf(station: string, port: number): string | undefined {
    return this.store.get().find((it) => it.station === station && it.port === port)?.address;
  }

  dispose(): void {
    this.owned.dispose();
  }

  private watch({ name, guest }: ServiceHost, index: number): void {
    const own = (ownPorts[guest.hello.profile] ?? []).map((port): Service => ({
      station: name,
      port,
      of: { type: 'machine' },
      address: undefined,
    }));
    this.put(index, own);
    if (guest.hello.profile !== 'host') return;
    const inventory = this.owned.add(new Inventory(new Engine(guest), guest));
    this.owned.add(
      inventory.containers.listing.subscribe((listing) => {
        if (listing.type === 'listed') this.put(index, [...own, ...publishedBy(name, listing.items)]);
      }),
    );
  }

  private put(index: number, services: readonly Service[]): void {
    this.found[index] = services;
    this.store.set(this.found.flat());
  }
}

/** TCP ports that running containers publish, each once. */
export function publishedBy(station: string, containers: readonly Container[]): Service[] {
  const services = new Map<number, Service>();
  for (const { name, image, state, ports } of containers) {
    if (state !== 'running') continue;
    for (const port of ports) {
      if (port.public === undefined || port.protocol !== 'tcp' || services.has(port.public)) continue;
      const of = { type: 'container', name, image, port: port.private } as const;
      // The agent stands in the machine, where loopback is as good as any address that is not one in particular.
      const address = port.address?.includes(':') ? undefined : port.address;
      services.set(port.public, { station, port: port.public, of, address });
    }
  }
  return [...services.values()].sort((one, other) => one.port - other.port);
}
