import { type Disposable, DisposableStack, toDisposable } from '../base/lifecycle';
import { type ReadonlyStore, Store } from '../base/store';
import type { Machine } from '../machine/machine';

/** What a tab that nobody sees does to its machines. */
export type TabPause =
  | { type: 'none' }
  /** Nobody sees the tab now. */
  | { type: 'paused'; machines: number; sinceMs: number }
  /** It is seen again, and they go on. */
  | { type: 'over'; machines: number; lastedMs: number };

type Pausable = Pick<Machine, 'state' | 'pause' | 'resume'>;

/**
 * Pauses machines while the tab is hidden: browsers slow hidden tabs down, phones end those that go on working. They go on
 * when it is seen, all but those that somebody paused by hand.
 */
export class HiddenTab implements Disposable {
  private readonly watched = new Set<Pausable>();
  private readonly paused = new Set<Pausable>();
  private readonly pauses = new Store<TabPause>({ type: 'none' });
  private readonly owned = new DisposableStack();

  readonly pause: ReadonlyStore<TabPause> = this.pauses;
  /** Set to let machines run on in a hidden tab. */
  readonly runsOn = new Store(false);

  /** @param now milliseconds, monotonic */
  constructor(
    private readonly isHidden: ReadonlyStore<boolean>,
    private readonly now: () => number,
  ) {
    this.owned.add(isHidden.subscribe(() => this.update()));
    this.owned.add(this.runsOn.subscribe(() => this.update()));
  }

  /** Until disposed of. */
  watch(machine: Pausable): Disposable {
    this.watched.add(machine);
    const subscription = machine.state.subscribe((state) => {
      if (state.type !== 'paused') this.paused.delete(machine);
      this.hold(machine);
    });
    this.hold(machine);
    return toDisposable(() => {
      subscription.dispose();
      this.watched.delete(machine);
      this.paused.delete(machine);
    });
  }

  /** What was said of the last pause has been read. */
  forget(): void {
    if (this.pauses.get().type === 'over') this.pauses.set({ type: 'none' });
  }

  dispose(): void {
    this.owned.dispose();
  }

  private get holds(): boolean {
    return this.isHidden.get() && !this.runsOn.get();
  }

  private update(): void {
    if (this.holds) {
      for (const machine of this.watched) this.hold(machine);
      return;
    }
    const pause = this.pauses.get();
    if (pause.type === 'paused') {
      const { machines, sinceMs } = pause;
      this.pauses.set({ type: 'over', machines, lastedMs: this.now() - sinceMs });
    }
    for (const machine of [...this.paused]) {
      this.paused.delete(machine);
      if (machine.state.get().type === 'paused') machine.resume().catch(ignore);
    }
  }

  private hold(machine: Pausable): void {
    if (!this.holds || this.paused.has(machine)) return;
    const { type } = machine.state.get();
    if (type !== 'running' && type !== 'booting') return;
    machine.pause().then(() => this.onPaused(machine), ignore);
  }

  private onPaused(machine: Pausable): void {
    if (!this.watched.has(machine) || machine.state.get().type !== 'paused') return;
    // Seen again before the machine had heard of it.
    if (!this.holds) return void machine.resume().catch(ignore);
    this.paused.add(machine);
    const before = this.pauses.get();
    const sinceMs = before.type === 'paused' ? before.sinceMs : this.now();
    this.pauses.set({ type: 'paused', machines: this.paused.size, sinceMs });
  }
}

/** The machine's state has changed before the command arrived; what it is now is told by the state. */
function ignore(): void {}
