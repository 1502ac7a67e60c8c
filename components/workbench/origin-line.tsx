'use client';

import type { MachineCounters, PhaseMark } from '@/lib/machine/machine';
import { formatBytes, formatInstructions, formatMs } from '../ui/format';
import type { Start } from './bench';

/** Where the running machine comes from and what that has cost. */
export function OriginLine({
  start,
  marks,
  counters,
}: {
  start: Start;
  marks: readonly PhaseMark[];
  counters: MachineCounters;
}) {
  const ready = marks.find((mark) => mark.phase === 'ready');
  if (!ready) return null;
  const cost = `${formatBytes(counters.loadedBytes)} downloaded, ready after ${formatMs(ready.atMs)}`;
  return (
    <p className="text-sm text-muted tabular-nums">
      {start.type === 'cold'
        ? `Booted cold: ${cost} and ${formatInstructions(ready.instructions)}.`
        : start.type === 'prebuilt'
          ? `Continued from the site’s own snapshot: ${cost}.`
          : `Restored from “${start.name}”: ${cost}.`}
    </p>
  );
}
