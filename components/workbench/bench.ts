import type { HullError } from '@/lib/base/hull-error';
import { DisposableStack } from '@/lib/base/lifecycle';
import { type ReadonlyStore, Store } from '@/lib/base/store';
import type { Guest } from '@/lib/guest/guest';
import type { Machine, MachineState, PowerOn } from '@/lib/machine/machine';
import { type MemoryShortage, watchMemoryShortage } from '@/lib/machine/memory-shortage';
import { benchFailures } from './bench-failures';
import { type Shell, type ShellProgram, loginShell, openShell } from './shell';

/** Where a machine comes from, in the words of the page. */
export type Start =
  { type: 'prebuilt' } | { type: 'cold' } | { type: 'saved'; name: string; bytes: Uint8Array };

/** The machine on the bench. Every power on makes a new one, so that a run leaves nothing behind for the next. */
export interface Seat {
  readonly start: Start;
  readonly machine: Machine;
  /** On `performance.now`. */
  readonly pressedAt: number;
  readonly parts: BenchParts;
}

export type GuestLink =
  | { type: 'none' }
  | { type: 'connecting' }
  /** `afterMs`: from the press, or the reset, to the agent's answer. */
  | { type: 'connected'; guest: Guest; afterMs: number }
  | { type: 'failed'; error: HullError };

export interface BenchParts {
  /** @throws HullError when the device cannot carry another machine */
  admit(): void;
  createMachine(): Machine;
  /** How a prebuilt start is asked for. */
  prebuilt: PowerOn;
  /** Absent where no agent is in the guest. */
  connect?(machine: Machine, start: Start, signal: AbortSignal): Promise<Guest>;
}

/** One machine, its shells, and what becomes of them when it is reset, fails or is replaced. */
export class Bench {
  private readonly seats = new Store<Seat | undefined>(undefined);
  private readonly links = new Store<GuestLink>({ type: 'none' });
  private readonly openShells = new Store<readonly Shell[]>([]);
  private readonly unsaved = new Store(false);
  private readonly shortages = new Store<MemoryShortage | undefined>(undefined);
  private seated = new DisposableStack();
  private connecting = new AbortController();
  private runBeganAt = 0;
  private nextShellId = 1;
  /** Counts the clearings: what was begun before one must not come after it. */
  private era = 0;

  readonly seat: ReadonlyStore<Seat | undefined> = this.seats;
  readonly link: ReadonlyStore<GuestLink> = this.links;
  readonly shells: ReadonlyStore<readonly Shell[]> = this.openShells;
  /** Somebody has typed something since the machine started or was saved, and it still runs. */
  readonly hasUnsaved: ReadonlyStore<boolean> = this.unsaved;
  /** The latest one, until it has been read. */
  readonly shortage: ReadonlyStore<MemoryShortage | undefined> = this.shortages;

  /** @param load is called at every power on; nothing is loaded before */
  constructor(private readonly load: () => Promise<BenchParts>) {}

  /**
   * Puts another machine on the bench. One that lives there now stays until the other runs: when that fails, this
   * rejects and nothing has changed. With an empty bench the failure is the new machine's state, not a rejection.
   */
  async powerOn(start: Start): Promise<void> {
    const { era } = this;
    const pressedAt = performance.now();
    const parts = await this.load().catch((cause: unknown) => {
      throw benchFailures.notLoaded(cause);
    });
    if (era !== this.era) return;
    parts.admit();
    const machine = parts.createMachine();
    const seat = { start, machine, pressedAt, parts };
    const replaces = isAlive(this.seats.get()?.machine.state.get());
    if (!replaces) this.take(seat);
    try {
      await machine.powerOn(howToPowerOn(start, parts));
    } catch (cause) {
      if (!replaces) return;
      machine.dispose();
      throw cause;
    }
    if (!replaces) return;
    if (era === this.era) this.take(seat);
    else machine.dispose();
  }

  /** @param program a login shell without it */
  async openShell(program?: ShellProgram): Promise<Shell> {
    const link = this.links.get();
    if (link.type !== 'connected') throw benchFailures.noGuest();
    const id = this.nextShellId++;
    const shell = await openShell(link.guest, id, program ?? loginShell(id));
    this.openShells.set([...this.openShells.get(), shell]);
    return shell;
  }

  closeShell(shell: Shell): void {
    this.openShells.set(this.openShells.get().filter((other) => other !== shell));
    shell.source.dispose();
  }

  /** The whole machine as bytes. Call `markSaved` once they are somewhere safe. */
  async snapshot(): Promise<Uint8Array> {
    const seat = this.seats.get();
    if (!seat) throw benchFailures.noMachine();
    return seat.machine.snapshot();
  }

  readonly markTouched = (): void => {
    if (isAlive(this.seats.get()?.machine.state.get())) this.unsaved.set(true);
  };

  markSaved(): void {
    this.unsaved.set(false);
  }

  forgetShortage(): void {
    this.shortages.set(undefined);
  }

  /** Disposes of the machine and everything on it. */
  clear(): void {
    this.era++;
    this.seated.dispose();
    this.seats.set(undefined);
  }

  private take(seat: Seat): void {
    this.seated.dispose();
    this.seated = new DisposableStack();
    this.seated.add(seat.machine);
    this.seated.defer(() => this.endRun());
    this.seated.defer(() => this.closeShells());
    this.seated.add(seat.machine.state.subscribe((state) => this.follow(seat, state)));
    this.seated.add(watchMemoryShortage(seat.machine.console, (it) => this.shortages.set(it)));
    this.shortages.set(undefined);
    this.seats.set(seat);
    this.follow(seat, seat.machine.state.get());
    this.runBeganAt = seat.pressedAt;
  }

  /** The agent lives as long as a run of the machine, and so do the shells behind it. */
  private follow(seat: Seat, state: MachineState): void {
    switch (state.type) {
      case 'running':
        if (this.links.get().type === 'none') void this.connect(seat);
        return;
      case 'paused':
        return;
      case 'off':
        this.endRun();
        this.runBeganAt = performance.now();
        return;
      case 'loading':
      case 'booting':
      case 'failed':
        this.endRun();
    }
  }

  private async connect(seat: Seat): Promise<void> {
    const { connect } = seat.parts;
    if (!connect) return;
    const { signal } = this.connecting;
    this.links.set({ type: 'connecting' });
    try {
      const guest = await connect(seat.machine, seat.start, signal);
      if (signal.aborted) guest.dispose();
      else this.links.set({ type: 'connected', guest, afterMs: performance.now() - this.runBeganAt });
    } catch (cause) {
      if (!signal.aborted) this.links.set({ type: 'failed', error: benchFailures.noAgent(cause) });
    }
  }

  /** Ended shells stay to be read; their streams are gone with the agent. */
  private endRun(): void {
    this.unsaved.set(false);
    this.connecting.abort();
    this.connecting = new AbortController();
    const link = this.links.get();
    this.links.set({ type: 'none' });
    if (link.type === 'connected') link.guest.dispose();
  }

  private closeShells(): void {
    const shells = this.openShells.get();
    this.openShells.set([]);
    for (const shell of shells) shell.source.dispose();
  }
}

function howToPowerOn(start: Start, parts: BenchParts): PowerOn {
  switch (start.type) {
    case 'prebuilt':
      return parts.prebuilt;
    case 'cold':
      return { type: 'cold' };
    case 'saved':
      return { type: 'snapshot', bytes: start.bytes };
  }
}

export function isAlive(state: MachineState | undefined): boolean {
  return state?.type === 'running' || state?.type === 'paused';
}
