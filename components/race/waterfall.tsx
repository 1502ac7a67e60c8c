'use client';

import { formatMs } from '@/components/ui/format';
import { KindMark } from '@/components/ui/kind-mark';
import type { Lane, LanePhase, LaneState } from '@/lib/experiments/race-sample';
import { lanes } from '@/lib/experiments/race-sample';
import { phaseName } from './phase-name';
import { useFrameClock } from './use-frame-clock';

const laneLabel: Record<Lane, string> = { machine: 'Machine', container: 'Container' };
/** The axis never shows less than this, so that it does not jump at the start. */
const shortestAxisMs = 1000;

/** Both lanes on one time axis. The table beside it says the same in words. */
export function Waterfall({ states }: { states: Readonly<Record<Lane, LaneState>> }) {
  const now = useFrameClock(lanes.some((lane) => states[lane].type === 'running'));
  const rows = lanes.map((lane) => ({ lane, phases: phasesAt(states[lane], now) }));
  const end = Math.max(shortestAxisMs, ...rows.flatMap(({ phases }) => phases.map((phase) => phase.endMs)));
  const ticks = axisTicks(end);

  return (
    <div aria-hidden className="select-none">
      {rows.map(({ lane, phases }) => (
        <div
          key={lane}
          className="grid grid-cols-[1fr] gap-1 py-1.5 sm:grid-cols-[6.5rem_1fr] sm:items-center"
        >
          <span className="flex items-center gap-2 text-sm font-medium">
            <KindMark kind={lane} />
            {laneLabel[lane]}
          </span>
          <div className="relative h-9 w-full bg-sunken">
            {phases.map((phase, index) => (
              <PhaseBar key={phase.name} lane={lane} phase={phase} index={index} end={end} />
            ))}
          </div>
        </div>
      ))}
      <div className="sm:ml-[6.5rem]">
        <div className="relative h-5 text-xs text-muted tabular-nums">
          {ticks.map((tick) => (
            <span
              key={tick}
              className="absolute top-0 border-l border-line pl-1"
              style={{ left: `${(100 * tick) / end}%` }}
            >
              {tick === 0 ? '0' : formatMs(tick)}
            </span>
          ))}
        </div>
      </div>
    </div>
  );
}

/** Bars of a lane share its colour; neighbours differ in strength, so that no phase is told by hue alone. */
function PhaseBar({ lane, phase, index, end }: { lane: Lane; phase: Bar; index: number; end: number }) {
  const width = (100 * (phase.endMs - phase.startMs)) / end;
  const strong = lane === 'machine' ? 'bg-machine text-paper' : 'bg-container text-paper';
  const weak = lane === 'machine' ? 'bg-machine/25 text-ink' : 'bg-container/25 text-ink';
  return (
    <span
      title={`${phaseName(phase.name)}: ${formatMs(phase.endMs - phase.startMs)}`}
      className={`absolute inset-y-0 flex min-w-px items-center overflow-hidden text-xs ${index % 2 === 0 ? strong : weak}`}
      style={{ left: `${(100 * phase.startMs) / end}%`, width: `${width}%` }}
    >
      {width > namedFromPercent ? <span className="truncate px-1.5">{phaseName(phase.name)}</span> : null}
    </span>
  );
}

/** A bar as wide as this share of the axis has room for its name. */
const namedFromPercent = 7;

type Bar = LanePhase & { endMs: number };

function phasesAt(state: LaneState, now: number): Bar[] {
  switch (state.type) {
    case 'waiting':
      return [];
    case 'running':
      return state.phases.map((phase) => ({
        ...phase,
        endMs: phase.endMs ?? Math.max(phase.startMs, now - state.startedAt),
      }));
    case 'ready':
      return state.sample.phases.map((phase) => ({ ...phase, endMs: phase.endMs ?? state.sample.readyMs }));
    case 'failed':
      return state.phases.map((phase) => ({ ...phase, endMs: phase.endMs ?? phase.startMs }));
  }
}

/** Four to eight round steps. */
function axisTicks(end: number): number[] {
  const steps = [100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 60_000];
  const step = steps.find((candidate) => end / candidate <= 6) ?? 120_000;
  return Array.from({ length: Math.floor((end * 0.92) / step) + 1 }, (_, index) => index * step);
}
