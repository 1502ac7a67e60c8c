import { HullError } from '@/lib/base/hull-error';
import { type Disposable, DisposableStack } from '@/lib/base/lifecycle';
import { type ReadonlyStore, Store, until } from '@/lib/base/store';
import {
  containerId,
  inContainer,
  joinPair,
  neighbours,
  openContainerShell,
  openMachineShell,
} from '@/lib/experiments/probes/pair';
import type { ProbeRow } from '@/lib/experiments/probes/probe';
import { type ContainerStart, type MachineStart, startRow } from '@/lib/experiments/probes/start';
import { startHostProcess, survey } from '@/lib/experiments/probes/survey';
import {
  type BusyResult,
  type Place,
  measureBusyNeighbour,
  tryToCrash,
} from '@/lib/experiments/probes/trials';
import { type StartParts, type StartedMachine, startHost } from '@/lib/fleet/start-machine';
import { Lane, type LaneName, type LaneState } from './lane';
import { SurveyLoop } from './survey-loop';
import { isTerminalAnswer } from './terminal-answer';

export type StartFrom = 'snapshot' | 'cold';

/** A kernel that panics prints for about a second before it stops. */
const panicAtMostMs = 20_000;

/** The container's host, the machine beside it, a shell in each, and the table of what both answer. */
export class ComparePair implements Disposable {
  private readonly owned = new DisposableStack();
  private readonly abort = new AbortController();
  private readonly lanes: Readonly<Record<LaneName, Lane>> = {
    container: this.owned.add(new Lane('container', () => this.table.refresh())),
    machine: this.owned.add(new Lane('machine', () => this.table.refresh())),
  };
  private besideParts = new DisposableStack();
  private beside: StartedMachine | undefined;
  private containerStart: ContainerStart | undefined;
  private hostProcess = { pid: 0, commandLine: '' };

  readonly container: ReadonlyStore<LaneState> = this.lanes.container.state;
  readonly machine: ReadonlyStore<LaneState> = this.lanes.machine.state;
  readonly table = this.owned.add(new SurveyLoop((signal) => this.ask(signal)));
  /** Whether what is typed into one shell goes to the other as well. */
  readonly typesIntoBoth = new Store(true);

  private constructor(
    private readonly parts: StartParts,
    private readonly host: StartedMachine,
  ) {
    this.owned.add(host.machine);
    this.owned.add(host.guest);
    this.owned.defer(() => this.besideParts.dispose());
    this.owned.defer(() => this.abort.abort());
    this.owned.add(
      host.machine.state.subscribe((state) => {
        if (state.type === 'failed') this.lanes.container.fail('down', state.error);
      }),
    );
  }

  /** Both machines at once, then what runs on them. Rejects when one of them cannot be started; nothing is left then. */
  static async start(parts: StartParts, from: StartFrom, signal: AbortSignal): Promise<ComparePair> {
    const [host, beside] = await Promise.allSettled([
      startHost(parts, from, signal),
      startHost(parts, from, signal),
    ]);
    if (host.status === 'rejected') {
      if (beside.status === 'fulfilled') release(beside.value);
      throw host.reason;
    }
    const pair = new ComparePair(parts, host.value);
    try {
      if (beside.status === 'rejected') throw beside.reason;
      await pair.seat(beside.value);
      pair.hostProcess = await startHostProcess(host.value.guest);
      await pair.startContainer();
      signal.throwIfAborted();
      pair.table.refresh();
      return pair;
    } catch (error) {
      pair.dispose();
      throw error;
    }
  }

  /** Takes what is typed in a lane's terminal. */
  type(name: LaneName, bytes: Uint8Array): void {
    if (this.typesIntoBoth.get() && !isTerminalAnswer(bytes)) this.typeIntoBoth(bytes);
    else this.lanes[name].write(bytes);
  }

  /** Types a command and Enter into both shells. */
  run(command: string): void {
    this.typeIntoBoth(new TextEncoder().encode(`${command}\r`));
  }

  /** A new container; the shell that was there is gone. */
  async restartContainer(): Promise<void> {
    try {
      await this.startContainer();
    } catch (cause) {
      this.lanes.container.fail('ended', cause);
    }
    this.table.refresh();
  }

  /** A new shell in the machine that is there. */
  async restartMachineShell(): Promise<void> {
    const lane = this.lanes.machine;
    lane.close();
    try {
      await lane.open(await openMachineShell(this.besideOrThrow().guest));
    } catch (cause) {
      lane.fail('ended', cause);
    }
  }

  /** Another machine in the place of the one beside the container's host, on the same cable. */
  async restartMachine(from: StartFrom): Promise<void> {
    this.lanes.machine.close();
    this.beside = undefined;
    this.besideParts.dispose();
    try {
      await this.seat(await startHost(this.parts, from, this.abort.signal));
    } catch (cause) {
      this.lanes.machine.fail('down', cause);
    }
    this.table.refresh();
  }

  /** Asks a lane's kernel to panic. The sentence says what came of it; a machine that panics is a lane that is down. */
  async crash(name: LaneName): Promise<string> {
    const place = this.place(name);
    const down = until(
      this.machine,
      (state): state is Extract<LaneState, { type: 'down' }> => state.type === 'down',
      AbortSignal.any([AbortSignal.timeout(panicAtMostMs), this.abort.signal]),
    );
    down.catch(() => undefined);
    let said: string;
    try {
      said = `The ${name} was refused: ${await tryToCrash(place)}.`;
    } catch (cause) {
      if (name === 'container') throw cause;
      said = `${(await down.catch(didNotPanic)).error.message.replace(/\.$/, '')}.`;
    }
    const { uptimeMs } = await this.host.guest.metrics();
    return `${said} The container’s host answers and has been up for ${Math.round(uptimeMs / 1000)} s.`;
  }

  /** Rejects when the machine beside is down, for there is nothing to compare with. */
  async measureBusy(name: LaneName): Promise<BusyResult> {
    const beside = this.besideOrThrow();
    const hold = this.table.hold();
    try {
      await this.table.settled();
      return await measureBusyNeighbour(
        this.place(name),
        { host: this.host, machine: beside },
        () => this.parts.now(),
        this.abort.signal,
      );
    } finally {
      hold.dispose();
    }
  }

  dispose(): void {
    this.owned.dispose();
  }

  private typeIntoBoth(bytes: Uint8Array): void {
    this.lanes.machine.write(bytes);
    this.lanes.container.write(bytes);
  }

  private place(name: LaneName): Place {
    return name === 'container'
      ? { guest: this.host.guest, prefix: inContainer }
      : { guest: this.besideOrThrow().guest, prefix: [] };
  }

  private besideOrThrow(): StartedMachine {
    if (this.beside) return this.beside;
    throw new HullError('no-machine', 'The machine is not up.', 'Restart it, then try once more.');
  }

  private async startContainer(): Promise<void> {
    const lane = this.lanes.container;
    const { guest } = this.host;
    lane.close();
    const { shell, start } = await openContainerShell(guest, this.parts, this.abort.signal);
    await lane.open(shell);
    this.containerStart = await start;
  }

  private async seat(started: StartedMachine): Promise<void> {
    if (this.abort.signal.aborted) {
      release(started);
      return;
    }
    this.besideParts = new DisposableStack();
    this.besideParts.add(started.machine);
    this.besideParts.add(started.guest);
    this.beside = started;
    this.besideParts.add(
      started.machine.state.subscribe((state) => {
        if (state.type !== 'failed') return;
        this.lanes.machine.fail('down', aboutTheMachine(state.error));
        this.table.refresh();
      }),
    );
    this.besideParts.add(await joinPair(this.host, started, this.parts));
    await this.lanes.machine.open(await openMachineShell(started.guest));
  }

  private async ask(signal: AbortSignal): Promise<ProbeRow[]> {
    const { beside, host, hostProcess } = this;
    const lane = this.machine.get();
    const rows = await survey(
      {
        host: host.guest,
        machine: beside && lane.type !== 'down' ? beside.guest : { down: 'The machine is not up.' },
        containerId,
        neighbours,
        hostProcess,
      },
      signal,
    );
    const starts = {
      container: this.containerStart,
      machine: beside && startOf(beside),
      host: startOf(host),
    };
    return [startRow(starts), ...rows];
  }
}

function startOf({ machine, startedFrom, cost }: StartedMachine): MachineStart {
  return { how: startedFrom, totalMs: cost.ms, phases: machine.phases.get() };
}

function didNotPanic(cause: unknown): never {
  throw new HullError(
    'no-panic',
    'The machine has neither answered nor panicked.',
    'Reload the page and start both again.',
    { cause },
  );
}

/** What the machine's own error advises is for a page with nothing but the machine. */
function aboutTheMachine(error: HullError): HullError {
  const { code, message } = error;
  return new HullError(code, message, 'The container and its host go on. Restart the machine.', {
    cause: error,
  });
}

function release({ guest, machine }: StartedMachine): void {
  guest.dispose();
  machine.dispose();
}
