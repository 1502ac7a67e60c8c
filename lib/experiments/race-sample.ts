export const lanes = ['machine', 'container'] as const;
export type Lane = (typeof lanes)[number];

/** One stretch of a lane's way to ready. Milliseconds since the lane's start signal. */
export interface LanePhase {
  name: string;
  startMs: number;
  /** Absent while the phase lasts. */
  endMs?: number;
  /** Guest instructions spent in it, where they were counted. */
  instructions?: number;
}

/** One lane's finish. */
export interface RaceSample {
  run: number;
  lane: Lane;
  /** From the start signal to the first HTTP 200 that the client on the wire has. */
  readyMs: number;
  instructions: number;
  /** Guest memory: the machine's touched RAM, the container's cgroup. */
  memoryBytes: number;
  /** Fetched for this start alone. */
  loadedBytes: number;
  phases: readonly LanePhase[];
}

export type LaneState =
  | { type: 'waiting' }
  | { type: 'running'; startedAt: number; phases: readonly LanePhase[] }
  | { type: 'ready'; sample: RaceSample }
  | { type: 'failed'; phases: readonly LanePhase[]; error: unknown };

export type RaceOrder = 'together' | 'in-turn';

export interface RaceProgress {
  run: number;
  runs: number;
  lanes: Readonly<Record<Lane, LaneState>>;
}

/** What the race's figures do not say. Shown beside them and part of every download. */
export const raceCaveats = [
  'The CPU is emulated: both lanes are slowed alike, so compare the lanes with each other and not with your computer.',
  'Instructions do not depend on how busy your computer is; milliseconds do.',
  'Ready is the first HTTP 200 on the wire: one client asks both lanes from the start on, every 20 milliseconds as long as nobody listens, which costs the container’s machine about half a million instructions.',
  'The first docker run after its machine was brought up costs about twice as many instructions as the next: what the engine, its shim and the runtime do, they do for the first time. Run it again before you compare.',
  'The container is started by docker run, on a machine whose kernel and engine were already up and whose client had been read. What bringing them up cost is given apart.',
  'While the container starts, the engine is watched, which makes the runtime write down its steps: about a million instructions more.',
] as const;

/** One flat row a sample, for CSV. */
export function raceRow(sample: RaceSample): Record<string, string | number> {
  return {
    run: sample.run,
    lane: sample.lane,
    ready_ms: Math.round(sample.readyMs * 10) / 10,
    instructions: sample.instructions,
    memory_bytes: sample.memoryBytes,
    loaded_bytes: sample.loadedBytes,
    phases: sample.phases.map(({ name, startMs, endMs }) => `${name}:${span(startMs, endMs)}`).join(' '),
  };
}

function span(startMs: number, endMs: number | undefined): string {
  return endMs === undefined ? '' : `${(endMs - startMs).toFixed(1)}ms`;
}
