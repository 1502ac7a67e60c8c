import { messageOf } from '../base/hull-error';
import { type Disposable, toDisposable } from '../base/lifecycle';
import { type ReadonlyStore, Store, until } from '../base/store';
import type { Engine } from '../engine/engine';
import { type XrayEvent, watchEngine } from '../engine/xray';
import type { Guest } from '../guest/guest';
import { type Trace, readTrace } from './runtime-trace';

/** What an engine did, in milliseconds after a moment of the page's clock. */
export interface Doings {
  /** In the order of their beginning. */
  calls: readonly { method: string; path: string; startMs: number; endMs: number }[];
  /** When a container's network was there. */
  connectedMs: number | undefined;
  /** The runtime's system calls, known when it has started a process. */
  trace: Trace | undefined;
}

type Call = Extract<XrayEvent, { type: 'call' }>;
type Step = Extract<XrayEvent, { type: 'step' }>;

interface Seen {
  calls: readonly Call[];
  steps: readonly Step[];
  connectedUnixMs: number | undefined;
  /** Why nothing more will come. */
  ended?: string;
}

/**
 * Watches an engine at work. Its clock is the guest's, which nobody has set to the page's exactly; but what it tells
 * cannot arrive before it has happened, so the event that was quickest on its way says by how much the clocks differ.
 */
export class EngineWatch implements Disposable {
  private readonly abort = new AbortController();
  private readonly store = new Store<Seen>({ calls: [], steps: [], connectedUnixMs: undefined });
  /** What is added to the guest's clock. */
  private correctionMs = Infinity;

  readonly seen: ReadonlyStore<Seen> = this.store;

  /** @param unixMs the page's clock, counted from the epoch */
  private constructor(private readonly unixMs: () => number) {}

  /** Resolves when nothing that begins from now on is missed. */
  static async open(
    guest: Pick<Guest, 'connect'>,
    engine: Pick<Engine, 'events' | 'ping'>,
    unixMs: () => number,
    signal: AbortSignal,
  ): Promise<EngineWatch> {
    const watch = new EngineWatch(unixMs);
    const onAbort = toDisposable(() => signal.removeEventListener('abort', end));
    const end = () => watch.dispose();
    signal.addEventListener('abort', end, { once: true });
    try {
      void watch.follow(await watchEngine(guest, watch.abort.signal));
      void watch.followNetworks(await engine.events(watch.abort.signal));
      // A connection is not yet a watcher: that it is one shows when it hears of a call.
      while (watch.store.get().calls.length === 0) {
        const { ended } = watch.store.get();
        if (ended !== undefined) throw new Error(`The engine does not tell what it does: ${ended}`);
        await engine.ping(signal);
      }
      return watch;
    } catch (error) {
      watch.dispose();
      throw error;
    } finally {
      onAbort.dispose();
    }
  }

  /** What began since `sinceUnixMs`. */
  doings(sinceUnixMs: number): Doings {
    const { calls, steps, connectedUnixMs } = this.store.get();
    const at = (guestUnixMs: number) => guestUnixMs + this.correctionMs - sinceUnixMs;
    const first = steps[0];
    return {
      calls: calls
        .map(({ method, path, unixMs, ms }) => ({
          method,
          path,
          startMs: at(unixMs),
          endMs: at(unixMs + ms),
        }))
        .filter(({ startMs }) => startMs > 0)
        .sort((one, other) => one.startMs - other.startMs),
      connectedMs: connectedUnixMs === undefined ? undefined : at(connectedUnixMs),
      trace:
        first &&
        readTrace(
          steps.map(({ step }) => step),
          at(first.unixMs),
        ),
    };
  }

  /** Resolves when the engine has answered whoever told it to start a container: then its steps are known. */
  async started(signal: AbortSignal): Promise<void> {
    await until(
      this.store,
      ({ calls, ended }) => ended !== undefined || calls.some(({ path }) => isStart(path)),
      signal,
    );
  }

  dispose(): void {
    this.abort.abort(new DOMException('nobody watches any more', 'AbortError'));
  }

  private async follow(events: AsyncIterable<XrayEvent>): Promise<void> {
    try {
      for await (const event of events) {
        const seen = this.store.get();
        if (event.type === 'lost') continue;
        this.correctionMs = Math.min(this.correctionMs, this.unixMs() - (event.unixMs + event.ms));
        if (event.type === 'call') this.store.set({ ...seen, calls: [...seen.calls, event] });
        else this.store.set({ ...seen, steps: [...seen.steps, event] });
      }
      this.end('it closed the connection');
    } catch (error) {
      this.end(messageOf(error));
    }
  }

  private async followNetworks(events: Awaited<ReturnType<Engine['events']>>): Promise<void> {
    try {
      for await (const { type, action, unixMs } of events) {
        if (type !== 'network' || action !== 'connect') continue;
        this.correctionMs = Math.min(this.correctionMs, this.unixMs() - unixMs);
        this.store.set({ ...this.store.get(), connectedUnixMs: unixMs });
      }
    } catch {
      // The other stream ends too, and says why.
    }
  }

  private end(why: string): void {
    this.store.set({ ...this.store.get(), ended: why });
  }
}

/** POST /containers/ID/start */
export function isStart(path: string): boolean {
  return /^\/containers\/[^/]+\/start$/.test(path);
}
