import { pageFleet } from '@/components/machine/page-parts';
import type { Disposable } from '@/lib/base/lifecycle';
import { DriversRun, driversLab } from '@/lib/experiments/network-drivers';
import { Fleet } from '@/lib/fleet/fleet';

/** Two machines, freshly started, and the run on them. */
export async function openDrivers(signal: AbortSignal): Promise<Disposable & { run: DriversRun }> {
  const parts = await pageFleet();
  const fleet = await Fleet.start(parts, driversLab, signal);
  try {
    await fleet.settled(signal);
    for (const { state } of fleet.members.get()) {
      const now = state.get();
      if (now.type === 'failed') throw now.error;
    }
    const run = new DriversRun({ wire: fleet.wire, stations: fleet.stations.get(), now: parts.now });
    return { run, dispose: () => fleet.dispose() };
  } catch (error) {
    fleet.dispose();
    throw error;
  }
}
