import { type Disposable, DisposableStack } from '@/lib/base/lifecycle';
import { type ReadonlyStore, Store } from '@/lib/base/store';
import { HiddenTab } from '@/lib/fleet/hidden-tab';
import type { Network } from '@/lib/fleet/network';
import { serviceUrl } from '@/lib/preview/address';
import { Bench } from './bench';
import { benchFailures } from './bench-failures';
import { type BenchKind, hostKind } from './bench-kind';
import { Cable } from './cable';
import type { WantedPage } from './network-views';
import type { LoadedBenches } from './open-benches';

/** One place of the workbench. A new name makes a new value; the bench stays. */
export interface Place {
  readonly id: number;
  /** What others call the machine: NAME.twinhull */
  readonly name: string;
  readonly kind: BenchKind;
  readonly bench: Bench;
}

export type NetworkState =
  | { type: 'none' }
  | { type: 'laying' }
  /** `id` tells one network from the next. */
  | { type: 'up'; id: number; network: Network }
  | { type: 'failed'; error: unknown };

/** More than any device that we know carries at a time. */
export const mostPlaces = 12;

/**
 * The machines of the workbench, and the wire between them. One machine alone has no wire: it comes with the second, or with
 * the first look at the network.
 */
export class Benches {
  private readonly list: Store<readonly Place[]>;
  private readonly networks = new Store<NetworkState>({ type: 'none' });
  private readonly unsaved = new Store(false);
  private readonly wantedPages = new Store<WantedPage | undefined>(undefined);
  private readonly cables = new Map<number, Cable>();
  private readonly owners = new Map<number, DisposableStack>();
  private nextId = 1;
  /** Counts the networks: what was begun for an earlier one must not come after it. */
  private era = 0;
  private wireWatch: Disposable | undefined;

  readonly places: ReadonlyStore<readonly Place[]>;
  readonly network: ReadonlyStore<NetworkState> = this.networks;
  /** There is a running machine in which somebody has typed since it started or was saved. */
  readonly hasUnsaved: ReadonlyStore<boolean> = this.unsaved;
  /** The page of a service that was asked for last. */
  readonly wanted: ReadonlyStore<WantedPage | undefined> = this.wantedPages;
  /** Whether nobody sees the page: told from outside. */
  readonly isHidden = new Store(false);
  readonly hiddenTab: HiddenTab;

  /** @param load is called at the first power on; nothing is loaded before */
  constructor(private readonly load: () => Promise<LoadedBenches>) {
    this.hiddenTab = new HiddenTab(this.isHidden, () => performance.now());
    this.list = new Store<readonly Place[]>([this.make(hostKind, `${hostKind.stem}-1`)]);
    this.places = this.list;
  }

  /** Another machine, off. From the second on they are on one wire. */
  add(kind: BenchKind, name: string): Place {
    const place = this.make(kind, name);
    this.list.set([...this.list.get(), place]);
    void this.openNetwork();
    return place;
  }

  rename(place: Place, name: string): void {
    const renamed = { ...place, name };
    this.list.set(this.list.get().map((other) => (other.id === place.id ? renamed : other)));
    this.cables.get(place.id)?.rename(name);
  }

  /** The machine with everything on it. The last one stays. */
  remove(place: Place): void {
    if (this.list.get().length <= 1) return;
    this.list.set(this.list.get().filter(({ id }) => id !== place.id));
    this.cables.get(place.id)?.dispose();
    this.cables.delete(place.id);
    this.owners.get(place.id)?.dispose();
    this.owners.delete(place.id);
    this.updateUnsaved();
  }

  /** The first name of its kind that nobody has. */
  freeName({ stem }: BenchKind): string {
    const taken = new Set(this.list.get().map(({ name }) => name));
    for (let number = 1; ; number++) if (!taken.has(`${stem}-${number}`)) return `${stem}-${number}`;
  }

  /** Lays the wire unless it is there, and plugs in whoever is up. After a failure, another one. */
  async openNetwork(): Promise<void> {
    const { type } = this.networks.get();
    if (type === 'laying' || type === 'up') return;
    const era = ++this.era;
    this.networks.set({ type: 'laying' });
    try {
      const { layNetwork } = await this.load().catch((cause: unknown) => {
        throw benchFailures.notLoaded(cause);
      });
      const network = await layNetwork();
      if (era !== this.era) return network.dispose();
      this.wireWatch = network.wire.state.subscribe((state) => {
        if (state.type === 'failed') this.endNetwork({ type: 'failed', error: state.error });
      });
      this.networks.set({ type: 'up', id: era, network });
      for (const cable of this.cables.values()) cable.connect(network);
    } catch (error) {
      if (era === this.era) this.networks.set({ type: 'failed', error });
    }
  }

  /** Asks for the page of a service at a port of a machine. */
  visit({ name }: Place, port: number): void {
    this.wantedPages.set({ url: serviceUrl(name, port) });
  }

  /** Why a machine that is up is not on the wire. Absent where there is no card. */
  cableFailure({ id }: Place): ReadonlyStore<unknown> | undefined {
    return this.cables.get(id)?.failure;
  }

  /** Disposes of all machines and the wire; the places stay, empty. */
  clear(): void {
    for (const { bench } of this.list.get()) bench.clear();
    this.endNetwork({ type: 'none' });
  }

  private make(kind: BenchKind, name: string): Place {
    const bench: Bench = new Bench(async () => {
      const { partsFor } = await this.load();
      return partsFor(kind, () => this.memoryInUse(bench));
    });
    const id = this.nextId++;
    const owned = new DisposableStack();
    owned.defer(() => bench.clear());
    owned.add(bench.hasUnsaved.subscribe(() => this.updateUnsaved()));
    let watching: Disposable | undefined;
    owned.defer(() => watching?.dispose());
    owned.add(
      bench.seat.subscribe((seat) => {
        watching?.dispose();
        watching = seat && this.hiddenTab.watch(seat.machine);
      }),
    );
    this.owners.set(id, owned);
    if (kind.hasNetwork) {
      const cable = new Cable(name, bench);
      const state = this.networks.get();
      if (state.type === 'up') cable.connect(state.network);
      this.cables.set(id, cable);
    }
    return { id, name, kind, bench };
  }

  /** Of the machines that are on, apart from this bench's, which is replaced. */
  private memoryInUse(apart: Bench): { memoryBytes: number }[] {
    return this.list.get().flatMap(({ bench }) => {
      const machine = bench.seat.get()?.machine;
      const type = machine?.state.get().type ?? 'off';
      return machine && bench !== apart && type !== 'off' && type !== 'failed' ? [machine.profile] : [];
    });
  }

  private endNetwork(state: NetworkState): void {
    this.era++;
    this.wireWatch?.dispose();
    this.wireWatch = undefined;
    const before = this.networks.get();
    for (const cable of this.cables.values()) cable.connect(undefined);
    this.networks.set(state);
    if (before.type === 'up') before.network.dispose();
  }

  private updateUnsaved(): void {
    this.unsaved.set(this.list.get().some(({ bench }) => bench.hasUnsaved.get()));
  }
}
