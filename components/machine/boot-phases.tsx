'use client';

import type { PhaseMark } from '@/lib/machine/machine';
import { formatInstructions, formatMs } from '../ui/format';
import { phaseNames } from './state-text';

/** When each phase of the boot was seen to begin. */
export function BootPhases({ marks }: { marks: readonly PhaseMark[] }) {
  return (
    <table className="w-full text-sm">
      <caption className="sr-only">When each phase of the boot began</caption>
      <thead>
        <tr className="border-b border-line text-xs text-muted">
          <th scope="col" className="py-1 text-left font-normal">
            Began
          </th>
          <th scope="col" className="py-1 text-right font-normal">
            after
          </th>
          <th scope="col" className="py-1 text-right font-normal">
            instructions
          </th>
        </tr>
      </thead>
      <tbody>
        {marks.map((mark) => (
          <tr key={mark.phase} className="border-b border-line">
            <th scope="row" className="py-1 text-left font-normal text-muted">
              {phaseNames[mark.phase]}
            </th>
            <td className="py-1 text-right tabular-nums">{formatMs(mark.atMs)}</td>
            <td className="py-1 text-right tabular-nums">{formatInstructions(mark.instructions)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
