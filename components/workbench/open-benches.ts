import { requireBudget } from '@/lib/fleet/budget';
import { readLab } from '@/lib/fleet/description';
import type { FleetParts } from '@/lib/fleet/fleet';
import { Network } from '@/lib/fleet/network';
import { hostSnapshot } from '@/lib/fleet/profiles';
import { repairIdentity } from '@/lib/fleet/start-machine';
import { pageFleet } from '../machine/page-parts';
import type { BenchParts } from './bench';
import type { BenchKind } from './bench-kind';
import { benchSwitch } from './cable';

/** What the workbench needs once something is switched on. */
export interface LoadedBenches {
  /** @param present the machines that are on beside this one */
  partsFor(kind: BenchKind, present: () => readonly { memoryBytes: number }[]): BenchParts;
  layNetwork(): Promise<Network>;
}

export async function loadBenches(): Promise<LoadedBenches> {
  const parts = await pageFleet();
  return {
    partsFor: (kind, present) => partsFor(parts, kind, present),
    layNetwork: () => Network.lay(parts, readLab({ switches: [{ name: benchSwitch }], gateway: {} })),
  };
}

function partsFor(
  parts: FleetParts,
  { profile, hasNetwork }: BenchKind,
  present: () => readonly { memoryBytes: number }[],
): BenchParts {
  return {
    admit: () => requireBudget(parts.budget, present(), [profile]),
    createMachine: () => parts.createMachine(profile),
    prebuilt: { type: 'artifact-snapshot', artifact: hostSnapshot },
    ...(hasNetwork && {
      connect: async (machine, start, signal) => {
        const guest = await parts.connectGuest(machine.openAgent(), { signal });
        if (start.type !== 'cold') await repairIdentity(guest, parts);
        return guest;
      },
    }),
  };
}
