import { HullError, messageOf } from '../base/hull-error';
import { type Disposable, DisposableStack } from '../base/lifecycle';
import { type ReadonlyStore, Store } from '../base/store';
import { Engine } from '../engine/engine';
import { Inventory } from '../engine/inventory';
import type { Container, Network } from '../engine/schemas';
import type { Guest } from '../guest/guest';
import { type GuestNamespace, type LinkCounters, type ReportLine, ReportReader } from './report';

/** In the guest's share: fetched when somebody first looks. */
const program = '/usr/share/twinhull/links/bin/hull-links';

/** Of what the program complains about before it ends. */
const complaintLimit = 2000;

/** More than the program shows. */
const namespaceLimit = 256;

export type ReportState =
  | { type: 'waiting' }
  /** Namespaces in the order of their numbers, the machine's own first. */
  | { type: 'reporting'; namespaces: readonly GuestNamespace[]; leftOut: number }
  /** What was there last is not shown any more: it need not be true. */
  | { type: 'lost'; error: HullError };

/** What a guest's engine calls what the report has numbers for. Empty while the engine is down. */
export interface Names {
  containers: readonly Container[];
  networks: readonly Network[];
}

/** By namespace, then by index. A namespace whose map is the same as before has not counted anything. */
export type Counters = ReadonlyMap<number, ReadonlyMap<number, LinkCounters>>;

/** What one guest reports of its links, until disposed of. */
export class GuestReport implements Disposable {
  private readonly owned = new DisposableStack();
  private readonly states = new Store<ReportState>({ type: 'waiting' });
  private readonly counts = new Store<Counters>(new Map());
  private readonly named = new Store<Names>({ containers: [], networks: [] });
  private readonly namespaces = new Map<number, GuestNamespace>();
  private following = new DisposableStack();

  readonly state: ReadonlyStore<ReportState> = this.states;
  /** Once a second, when frames have passed. */
  readonly counters: ReadonlyStore<Counters> = this.counts;
  readonly names: ReadonlyStore<Names> = this.named;

  constructor(private readonly guest: Guest) {
    const inventory = this.owned.add(new Inventory(new Engine(guest), guest));
    const name = () => {
      const containers = inventory.containers.listing.get();
      const networks = inventory.networks.listing.get();
      this.named.set({
        containers: containers.type === 'listed' ? containers.items : [],
        networks: networks.type === 'listed' ? networks.items : [],
      });
    };
    this.owned.add(inventory.containers.listing.subscribe(name));
    this.owned.add(inventory.networks.listing.subscribe(name));
    this.owned.defer(() => this.following.dispose());
    this.ask();
  }

  /** Begins anew, after it was lost. */
  ask(): void {
    if (this.owned.isDisposed) return;
    this.following.dispose();
    this.following = new DisposableStack();
    this.namespaces.clear();
    this.counts.set(new Map());
    this.states.set({ type: 'waiting' });
    this.follow(this.following);
  }

  dispose(): void {
    this.owned.dispose();
  }

  private follow(following: DisposableStack): void {
    const lose = (error: HullError) => {
      if (following.isDisposed) return;
      following.dispose();
      this.states.set({ type: 'lost', error });
    };
    try {
      const process = following.add(this.guest.exec({ argv: [program] }));
      const reader = new ReportReader();
      const complaint = new TextDecoder();
      let complaints = '';
      following.add(
        process.onStdout((bytes) => {
          try {
            for (const line of reader.push(bytes)) this.take(line);
          } catch (cause) {
            lose(cause as HullError);
          }
        }),
      );
      following.add(
        process.onStderr((bytes) => {
          if (complaints.length < complaintLimit) complaints += complaint.decode(bytes, { stream: true });
        }),
      );
      process.exit.then(
        () => lose(ended(complaints.trim() || 'its program has ended')),
        (cause: unknown) => lose(ended(messageOf(cause), cause)),
      );
    } catch (cause) {
      lose(ended(messageOf(cause), cause));
    }
  }

  private take(line: ReportLine): void {
    switch (line.type) {
      case 'namespace': {
        const { type: _, ...namespace } = line;
        if (this.namespaces.size < namespaceLimit || this.namespaces.has(line.namespace))
          this.namespaces.set(line.namespace, namespace);
        return;
      }
      case 'gone':
        this.namespaces.delete(line.namespace);
        return this.setCounters(line.namespace, undefined);
      case 'counters': {
        if (!this.namespaces.has(line.namespace)) return;
        const counters = line.links.map(
          ([index, receivedFrames, , sentFrames, , dropped]) =>
            [index, { receivedFrames, sentFrames, dropped }] as const,
        );
        return this.setCounters(line.namespace, new Map(counters));
      }
      case 'told': {
        const namespaces = [...this.namespaces.values()].sort(
          (one, other) => Number(other.own) - Number(one.own) || one.namespace - other.namespace,
        );
        this.states.set({ type: 'reporting', namespaces, leftOut: line.leftOut });
      }
    }
  }

  private setCounters(namespace: number, counters: ReadonlyMap<number, LinkCounters> | undefined): void {
    const all = new Map(this.counts.get());
    if (counters) all.set(namespace, counters);
    else all.delete(namespace);
    this.counts.set(all);
  }
}

function ended(why: string, cause?: unknown): HullError<'report-ended'> {
  return new HullError(
    'report-ended',
    `The machine no longer reports its links: ${why.replace(/\.?\s*$/, '.')}`,
    'Ask again; if it stays so, restart the machine.',
    { cause },
  );
}
