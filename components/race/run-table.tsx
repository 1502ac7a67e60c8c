import { formatInstructions, formatMs } from '@/components/ui/format';
import type { Lane, RaceSample } from '@/lib/experiments/race-sample';
import { phaseName } from './phase-name';

/** One lane's phases in words and figures: what the waterfall draws. */
export function PhaseTable({ lane, sample }: { lane: Lane; sample: RaceSample | undefined }) {
  return (
    <table className="w-full text-sm">
      <caption className="pb-1 text-left font-medium">
        {lane === 'machine' ? 'Machine, phase by phase' : 'Container, phase by phase'}
      </caption>
      <thead className="text-left text-xs text-muted">
        <tr className="border-b border-line">
          <th scope="col" className="py-1 font-normal">
            Phase
          </th>
          <th scope="col" className="py-1 text-right font-normal">
            From
          </th>
          <th scope="col" className="py-1 text-right font-normal">
            Took
          </th>
          <th scope="col" className="py-1 text-right font-normal">
            Instructions
          </th>
        </tr>
      </thead>
      <tbody className="tabular-nums">
        {sample ? (
          sample.phases.map((phase) => (
            <tr key={phase.name} className="border-b border-line/60">
              <th scope="row" className="py-1 text-left font-normal">
                {phaseName(phase.name)}
              </th>
              <td className="py-1 text-right">{formatMs(phase.startMs)}</td>
              <td className="py-1 text-right">
                {phase.endMs === undefined ? '–' : formatMs(phase.endMs - phase.startMs)}
              </td>
              <td className="py-1 text-right">
                {phase.instructions === undefined ? '–' : formatInstructions(phase.instructions)}
              </td>
            </tr>
          ))
        ) : (
          <tr>
            <td colSpan={4} className="py-2 text-muted">
              Nothing measured yet.
            </td>
          </tr>
        )}
      </tbody>
    </table>
  );
}
