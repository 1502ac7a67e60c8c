import { pageParts } from '@/components/machine/page-parts';
import { Race } from '@/lib/experiments/race';
import { raceMachine, RaceWire } from '@/lib/experiments/race-wire';
import { startEngine } from '@/lib/fleet/start-engine';
import type { StartedMachine } from '@/lib/fleet/start-machine';
import { createBrowserWire } from '@/lib/wire/browser-wire';

/** The machine whose engine starts the race's containers, and the race on it. */
export interface RaceHost {
  readonly race: Race;
  readonly startedFrom: StartedMachine['startedFrom'];
  readonly cost: StartedMachine['cost'];
  /** False once the machine or the wire has failed: the next race needs others. */
  isUp(): boolean;
  dispose(): void;
}

export async function bringUpRaceHost(from: 'snapshot' | 'cold', signal: AbortSignal): Promise<RaceHost> {
  const parts = await pageParts();
  const { machine, guest, startedFrom, cost } = await startEngine(parts, from, signal);
  const wire = createBrowserWire();
  const dispose = () => {
    wire.dispose();
    guest.dispose();
    machine.dispose();
  };
  try {
    return {
      race: new Race({
        now: parts.now,
        unixMs: () => Number(parts.unixNs() / 1000n) / 1000,
        host: { machine, guest },
        wire: await RaceWire.open(wire, { machine, guest }, parts),
        newMachine: () => parts.createMachine(raceMachine),
      }),
      startedFrom,
      cost,
      isUp: () => machine.state.get().type === 'running' && wire.state.get().type === 'running',
      dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}
