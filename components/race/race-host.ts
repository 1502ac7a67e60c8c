import { pageParts } from '@/components/machine/page-parts';
import { Race } from '@/lib/experiments/race';
import { web } from '@/lib/fleet/profiles';
import { startEngine } from '@/lib/fleet/start-engine';
import type { StartedMachine } from '@/lib/fleet/start-machine';

/** The machine whose engine starts the race's containers, and the race on it. */
export interface RaceHost {
  readonly race: Race;
  readonly startedFrom: StartedMachine['startedFrom'];
  readonly cost: StartedMachine['cost'];
  /** False once the machine has failed: the next race needs another one. */
  isUp(): boolean;
  dispose(): void;
}

export async function bringUpRaceHost(from: 'snapshot' | 'cold', signal: AbortSignal): Promise<RaceHost> {
  const parts = await pageParts();
  const { machine, guest, startedFrom, cost } = await startEngine(parts, from, signal);
  return {
    race: new Race({
      now: parts.now,
      unixMs: () => Number(parts.unixNs() / 1000n) / 1000,
      host: { machine, guest },
      newMachine: () => parts.createMachine(web),
      connectGuest: parts.connectGuest,
    }),
    startedFrom,
    cost,
    isUp: () => machine.state.get().type === 'running',
    dispose() {
      guest.dispose();
      machine.dispose();
    },
  };
}
