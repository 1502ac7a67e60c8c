import { HullError } from '../base/hull-error';
import { type ReadonlyStore, Store } from '../base/store';
import type { LabDescription } from '../fleet/description';
import type { Station } from '../fleet/station';
import type { Wire } from '../wire/wire';
import { proveBridge } from './drivers/bridge';
import { DriverLab, LabMachine } from './drivers/driver-lab';
import { proveHost } from './drivers/host';
import { proveMacvlan } from './drivers/macvlan';
import { proveNone } from './drivers/none';
import { proveOverlay } from './drivers/overlay';
import { type Driver, type DriverStep, drivers, type Finding } from './drivers/proof';

const switchName = 'office';

/** Two hosts on one switch. */
export const driversLab = {
  switches: [{ name: switchName }],
  machines: [{ name: 'left' }, { name: 'right' }],
  gateway: {},
} satisfies LabDescription;

const proofs: Record<Driver, (lab: DriverLab) => Promise<readonly Finding[]>> = {
  bridge: proveBridge,
  host: proveHost,
  none: proveNone,
  overlay: proveOverlay,
  macvlan: proveMacvlan,
};

/** What a run needs: the lab above, up. */
export interface DriversSetup {
  wire: Wire;
  stations: readonly Station[];
  /** Milliseconds, monotonic. */
  now(): number;
}

/**
 * Makes a network of each of Docker's five drivers, sends real traffic, and looks at the frames on the cables: does it do what
 * the documentation promises?
 */
export class DriversRun {
  private readonly store = new Store<readonly DriverStep[]>(
    drivers.map((driver) => ({ driver, type: 'waiting' })),
  );
  readonly steps: ReadonlyStore<readonly DriverStep[]> = this.store;

  constructor(private readonly setup: DriversSetup) {}

  /** One driver after the other. One that cannot be tried is shown as failed, and the next is tried. Rejects only with the signal's reason. */
  async run(signal: AbortSignal): Promise<void> {
    const opening = this.openLab(signal);
    for (const driver of drivers) {
      const startedAt = this.setup.now();
      this.show({ driver, type: 'running' });
      try {
        const findings = await proofs[driver](await opening);
        this.show({ driver, type: 'tried', findings, ms: this.setup.now() - startedAt });
      } catch (error) {
        if (signal.aborted) {
          this.show({ driver, type: 'waiting' });
          throw signal.reason;
        }
        this.show({ driver, type: 'failed', error });
      }
    }
  }

  private async openLab(signal: AbortSignal): Promise<DriverLab> {
    const { wire, stations } = this.setup;
    const open = (name: string) => {
      const station = stations.find((each) => each.name === name);
      if (!station)
        throw new HullError(
          'not-on-the-wire',
          `The machine ${name} is not on the wire.`,
          'Start the two machines again.',
        );
      return LabMachine.of(station, signal);
    };
    return new DriverLab(await open('left'), await open('right'), wire, switchName);
  }

  private show(step: DriverStep): void {
    this.store.set(this.store.get().map((each) => (each.driver === step.driver ? step : each)));
  }
}
