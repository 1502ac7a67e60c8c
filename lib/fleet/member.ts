import { HullError, messageOf } from '../base/hull-error';
import { type Disposable, DisposableStack } from '../base/lifecycle';
import { type ReadonlyStore, Store } from '../base/store';
import type { Guest } from '../guest/guest';
import type { Machine, MachineState } from '../machine/machine';
import { hasAgent, type LabMachine, profileOf, startOf } from './description';
import { getImages, writeFiles } from './furnish';
import type { Network } from './network';
import { hostSnapshot } from './profiles';
import { repairIdentity, type StartParts } from './start-machine';

export type MemberState =
  | { type: 'off' }
  | { type: 'starting' }
  /** As described: on the wire, with its files and images. `guest` only where there is an agent. */
  | { type: 'up'; guest: Guest | undefined; afterMs: number }
  /** The machine may run all the same, when it was not the machine that failed; its own state tells. */
  | { type: 'failed'; error: HullError };

/**
 * One machine of a lab. What it was described to have is given to it whenever it comes up: after a reset it has it anew.
 * Failing is a state of this one; the others go on.
 */
export class Member implements Disposable {
  readonly name: string;
  /** Its port on the wire, unless it has none. */
  readonly port: string | undefined;
  readonly machine: Machine;
  private readonly states = new Store<MemberState>({ type: 'off' });
  private readonly owned = new DisposableStack();
  /** Of the present run: from the moment at which it runs until it does no more. */
  private run: AbortController | undefined;
  private guest: Guest | undefined;
  private beganAt = 0;
  private isFromSnapshot = false;

  readonly state: ReadonlyStore<MemberState> = this.states;

  constructor(
    private readonly parts: StartParts,
    private readonly network: Network,
    readonly description: LabMachine,
  ) {
    const profile = profileOf(description);
    this.name = description.name;
    this.port =
      description.port === null || !hasAgent(profile) ? undefined : (description.port?.name ?? this.name);
    this.machine = this.owned.add(parts.createMachine(profile));
    this.owned.defer(() => this.endRun());
    this.owned.add(this.machine.state.subscribe((state) => this.follow(state)));
  }

  /** Powers on. Resolves when the machine runs or has failed, which its state says. */
  async start(): Promise<void> {
    this.beganAt = this.parts.now();
    this.isFromSnapshot = startOf(this.description) === 'snapshot';
    await this.machine
      .powerOn(this.isFromSnapshot ? { type: 'artifact-snapshot', artifact: hostSnapshot } : { type: 'cold' })
      // The machine's state says so, if it was more than a power off.
      .catch(() => {});
  }

  dispose(): void {
    this.owned.dispose();
    this.states.set({ type: 'off' });
  }

  private follow(state: MachineState): void {
    switch (state.type) {
      case 'running':
        if (!this.run) void this.settle();
        return;
      case 'paused':
        return;
      case 'off':
        this.endRun();
        this.beganAt = this.parts.now();
        this.isFromSnapshot = false;
        return this.states.set({ type: 'off' });
      case 'loading':
      case 'booting':
        this.endRun();
        return this.states.set({ type: 'starting' });
      case 'failed':
        this.endRun();
        return this.states.set({ type: 'failed', error: state.error });
    }
  }

  private async settle(): Promise<void> {
    const run = new AbortController();
    this.run = run;
    const { signal } = run;
    try {
      const guest = hasAgent(this.machine.profile) ? await this.furnish(signal) : undefined;
      if (!signal.aborted) this.states.set({ type: 'up', guest, afterMs: this.parts.now() - this.beganAt });
    } catch (cause) {
      if (!signal.aborted) this.states.set({ type: 'failed', error: failureOf(cause) });
    }
  }

  private async furnish(signal: AbortSignal): Promise<Guest> {
    const { parts, network, description, machine, port } = this;
    const guest = await parts.connectGuest(machine.openAgent(), { signal });
    if (signal.aborted) {
      guest.dispose();
      throw signal.reason;
    }
    this.guest = guest;
    if (this.isFromSnapshot) await repairIdentity(guest, parts);
    await writeFiles(guest, description.files);
    if (port !== undefined) await network.join(this.name, { machine, guest }, port);
    await getImages(guest, description.images, signal);
    return guest;
  }

  private endRun(): void {
    if (!this.run) return;
    this.run.abort();
    this.run = undefined;
    if (this.port !== undefined) this.network.leave(this.port);
    this.guest?.dispose();
    this.guest = undefined;
  }
}

function failureOf(cause: unknown): HullError {
  if (cause instanceof HullError) return cause as HullError;
  return new HullError(
    'not-set-up',
    `The machine could not be set up: ${messageOf(cause)}`,
    'Reset it to try again.',
    {
      cause,
    },
  );
}
