import { host, hostSnapshot } from '@/lib/fleet/profiles';
import { repairIdentity } from '@/lib/fleet/start-machine';
import { pageParts } from '../machine/page-parts';
import type { BenchParts } from './bench';

/** What the bench needs, loaded at the first power on. */
export async function loadBenchParts(): Promise<BenchParts> {
  const parts = await pageParts();
  return {
    createMachine: () => parts.createMachine(host),
    prebuilt: { type: 'artifact-snapshot', artifact: hostSnapshot },
    connect: async (machine, start, signal) => {
      const guest = await parts.connectGuest(machine.openAgent(), { signal });
      if (start.type !== 'cold') await repairIdentity(guest, parts);
      return guest;
    },
  };
}
