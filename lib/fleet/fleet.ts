import { HullError } from '../base/hull-error';
import { type Disposable, DisposableStack, toDisposable } from '../base/lifecycle';
import { type ReadonlyStore, Store, until } from '../base/store';
import type { NewPort, Wire } from '../wire/wire';
import { type Budget, requireBudget } from './budget';
import {
  type Lab,
  type LabDescription,
  type LabMachine,
  type MachineDescription,
  profileOf,
  readLab,
  readMachine,
} from './description';
import { Member } from './member';
import { firstOf, Network, type NetworkParts } from './network';
import type { StartParts } from './start-machine';
import type { Station } from './station';

export interface FleetParts extends StartParts, NetworkParts {
  budget: Budget;
}

/** The machines and the wire of one lab, started and disposed of together. Whoever started it disposes of it. */
export class Fleet implements Disposable {
  private readonly list = new Store<readonly Member[]>([]);
  private readonly owned = new DisposableStack();

  readonly members: ReadonlyStore<readonly Member[]> = this.list;

  private constructor(
    private readonly parts: FleetParts,
    private readonly network: Network,
    private readonly switches: Lab['switches'],
  ) {
    this.owned.add(network);
    this.owned.defer(() => {
      for (const member of this.list.get()) member.dispose();
      this.list.set([]);
    });
  }

  /**
   * Lays the wire and powers on every machine, all at once. Resolves when that has begun: `settled` waits for its end, each
   * member's state says how it is.
   * @param signal ends everything, whenever it comes
   * @throws HullError `bad-lab`, `over-budget` before anything has begun; the wire's
   */
  static async start(parts: FleetParts, description: LabDescription, signal: AbortSignal): Promise<Fleet> {
    signal.throwIfAborted();
    const lab = readLab(description);
    requireBudget(parts.budget, [], lab.machines.map(profileOf));
    const network = await Network.lay(parts, lab);
    const fleet = new Fleet(parts, network, lab.switches);
    try {
      signal.throwIfAborted();
      const onAbort = () => fleet.dispose();
      signal.addEventListener('abort', onAbort, { once: true });
      fleet.owned.add(toDisposable(() => signal.removeEventListener('abort', onAbort)));
      for (const machine of lab.machines) await fleet.put(machine);
      return fleet;
    } catch (error) {
      fleet.dispose();
      throw error;
    }
  }

  get wire(): Wire {
    return this.network.wire;
  }

  /** Machines that are plugged in and can be spoken to. */
  get stations(): ReadonlyStore<readonly Station[]> {
    return this.network.stations;
  }

  /** Resolves when each member is as described, or has failed. */
  async settled(signal?: AbortSignal): Promise<void> {
    await Promise.all(
      this.list.get().map(({ state }) => until(state, ({ type }) => type !== 'starting', signal)),
    );
  }

  /** @throws HullError `no-member` */
  member(name: string): Member {
    const found = this.list.get().find((member) => member.name === name);
    if (!found)
      throw new HullError('no-member', `There is no machine “${name}” in this lab.`, 'Check its name.');
    return found;
  }

  /** Another machine, which begins to start. @throws as `start`, and when the name is taken */
  async add(description: MachineDescription): Promise<Member> {
    const machine = readMachine(description);
    if (this.list.get().some(({ name }) => name === machine.name))
      throw new HullError(
        'name-taken',
        `There is already a machine “${machine.name}” in this lab.`,
        'Choose another name.',
      );
    const present = this.list.get().map(({ machine: { profile } }) => profile);
    requireBudget(this.parts.budget, present, [profileOf(machine)]);
    return this.put(machine);
  }

  /** Takes a machine away, with its port. */
  async remove(name: string): Promise<void> {
    const member = this.member(name);
    this.list.set(this.list.get().filter((other) => other !== member));
    member.dispose();
    if (member.port !== undefined) await this.network.removePort(member.port);
  }

  /** A socket for a card that comes later, or for somebody who listens. Links are changed through `wire`. */
  addPort(port: NewPort): Promise<void> {
    return this.network.addPort(port);
  }

  removePort(port: string): Promise<void> {
    return this.network.removePort(port);
  }

  /** Everything that was started is given back. */
  dispose(): void {
    this.owned.dispose();
  }

  private async put(machine: LabMachine): Promise<Member> {
    const member = new Member(this.parts, this.network, machine);
    try {
      if (member.port !== undefined) {
        const { switch: name = firstOf(this.switches), settings, link } = machine.port ?? {};
        await this.network.addPort({
          switch: name,
          port: member.port,
          ...(settings && { settings }),
          ...(link && { link }),
        });
      }
    } catch (error) {
      member.dispose();
      throw error;
    }
    if (this.owned.isDisposed) {
      member.dispose();
      return member;
    }
    this.list.set([...this.list.get(), member]);
    void member.start();
    return member;
  }
}
