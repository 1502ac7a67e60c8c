import { type Disposable, DisposableStack } from '../base/lifecycle';
import { type ReadonlyStore, Store } from '../base/store';
import type { Guest } from '../guest/guest';
import { cutOff } from './byte-reader';
import type { Engine, ObjectKind } from './engine';
import { LiveList } from './live-list';
import type { EngineEvent } from './schemas';

/** `lost`: nothing is heard of the engine any more; the lists are as they last were. */
export type Watch = { type: 'connecting' } | { type: 'watching' } | { type: 'lost'; cause: unknown };

const kindOfEvent: Readonly<Record<string, ObjectKind>> = {
  container: 'containers',
  image: 'images',
  volume: 'volumes',
  network: 'networks',
};

/** What changes nothing that a list shows. */
const unseen = /^(?:attach|exec_|resize|top|mount|unmount|connect|disconnect)/;

/** What an engine has, kept true by its events: a kind is listed anew when something happened to one of it. */
export class Inventory implements Disposable {
  private readonly owned = new DisposableStack();
  private readonly watches = new Store<Watch>({ type: 'connecting' });
  private following = new AbortController();

  readonly watch: ReadonlyStore<Watch> = this.watches;
  readonly containers = new LiveList((signal) => this.engine.containers(signal));
  readonly images = new LiveList((signal) => this.engine.images(signal));
  readonly volumes = new LiveList((signal) => this.engine.volumes(signal));
  readonly networks = new LiveList((signal) => this.engine.networks(signal));

  /** @param guest says when an engine that had ended is there again */
  constructor(
    private readonly engine: Pick<Engine, ObjectKind | 'events'>,
    guest: Pick<Guest, 'onEvent'>,
  ) {
    this.owned.defer(() => this.following.abort());
    this.owned.add(
      guest.onEvent((event) => {
        const isBack = event.type === 'service-ready' && event.name === 'engine';
        if (isBack && this.watches.get().type === 'lost') this.connect();
      }),
    );
    this.connect();
  }

  /** Begins anew. What was listed stays until it is listed again. */
  connect(): void {
    if (this.owned.isDisposed) return;
    this.following.abort();
    this.following = new AbortController();
    void this.follow(this.following.signal);
  }

  dispose(): void {
    this.owned.dispose();
  }

  private async follow(signal: AbortSignal): Promise<void> {
    this.watches.set({ type: 'connecting' });
    try {
      // Events first: what happens while the lists are on their way is not missed.
      const events = await this.engine.events(signal);
      this.watches.set({ type: 'watching' });
      for (const kind of Object.values(kindOfEvent)) this[kind].refresh(signal);
      for await (const event of events) this.take(event, signal);
      throw cutOff();
    } catch (cause) {
      if (!signal.aborted) this.watches.set({ type: 'lost', cause });
    }
  }

  private take({ type, action }: EngineEvent, signal: AbortSignal): void {
    const kind = kindOfEvent[type];
    if (kind && !unseen.test(action)) this[kind].refresh(signal);
  }
}
