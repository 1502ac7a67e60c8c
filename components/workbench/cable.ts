import type { Disposable } from '@/lib/base/lifecycle';
import { type ReadonlyStore, Store } from '@/lib/base/store';
import type { Network } from '@/lib/fleet/network';
import type { Guest } from '@/lib/guest/guest';
import type { Bench } from './bench';

/** The switch that the workbench's machines are plugged into. */
export const benchSwitch = 'switch';

/** A port of the wire, and whose card is in it. */
interface Plugged {
  readonly network: Network;
  readonly port: string;
  guest: Guest | undefined;
}

/**
 * Keeps a bench's machine on the wire: there is a port of its name, and the card of whatever machine speaks on the bench is
 * plugged in there, through other runs, other names and other wires.
 */
export class Cable implements Disposable {
  private readonly failures = new Store<unknown>(undefined);
  private readonly following: Disposable;
  private network: Network | undefined;
  private plugged: Plugged | undefined;
  private isWorking = false;
  private isGone = false;

  /** Why the machine is not on the wire, though it should be. */
  readonly failure: ReadonlyStore<unknown> = this.failures;

  constructor(
    private name: string,
    private readonly bench: Pick<Bench, 'link' | 'seat'>,
  ) {
    this.following = bench.link.subscribe(() => this.update());
  }

  connect(network: Network | undefined): void {
    this.network = network;
    this.update();
  }

  rename(name: string): void {
    this.name = name;
    this.update();
  }

  /** Pulls it out, and takes the port away. */
  dispose(): void {
    this.following.dispose();
    this.isGone = true;
    this.update();
  }

  /** What is no longer so ends at once; what is to be comes one step after another. */
  private update(): void {
    const { plugged } = this;
    this.failures.set(undefined);
    if (plugged && (this.isGone || plugged.network !== this.network || plugged.port !== this.name)) {
      this.plugged = undefined;
      // It may not be there yet, or no longer.
      plugged.network.removePort(plugged.port).catch(() => {});
    } else if (plugged?.guest && plugged.guest !== this.speaker()) {
      plugged.guest = undefined;
      plugged.network.leave(plugged.port);
    }
    if (!this.isWorking) void this.work();
  }

  private async work(): Promise<void> {
    this.isWorking = true;
    for (let step = this.begin(); step; step = this.begin()) await step;
    this.isWorking = false;
  }

  /** Begins one thing of what is to be done, if there is any. */
  private begin(): Promise<void> | undefined {
    const { network, name: port, plugged } = this;
    if (!network || this.isGone) return undefined;
    if (!plugged) {
      const fresh = { network, port, guest: undefined };
      this.plugged = fresh;
      return this.attempt(fresh, network.addPort({ switch: benchSwitch, port }));
    }
    const guest = this.speaker();
    const machine = this.bench.seat.get()?.machine;
    if (!guest || !machine || plugged.guest === guest) return undefined;
    plugged.guest = guest;
    return this.attempt(plugged, network.join(port, { machine, guest }));
  }

  private async attempt(plugged: Plugged, work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      // What fails because something has changed meanwhile is done anew.
      if (this.plugged === plugged && plugged.guest === this.speaker()) this.failures.set(error);
    }
  }

  private speaker(): Guest | undefined {
    const link = this.bench.link.get();
    return link.type === 'connected' ? link.guest : undefined;
  }
}
