'use client';

import type { ReadonlyStore } from '@/lib/base/store';
import type { MachineCounters, PhaseMark } from '@/lib/machine/machine';
import { formatBytes, formatInstructions, formatMs } from '../ui/format';
import { useStore } from '../ui/use-store';
import type { Start } from './bench';

/** Where the running machine comes from and what that has cost. */
export function OriginLine({
  start,
  afterMs,
  marks,
  counters,
}: {
  start: Start;
  /** From the press, or the reset, to the agent's answer. */
  afterMs: number;
  marks: readonly PhaseMark[];
  counters: ReadonlyStore<MachineCounters>;
}) {
  const { loadedBytes } = useStore(counters);
  const booted = wasBooted(marks) ? marks.at(-1) : undefined;
  return (
    <p className="text-sm text-muted tabular-nums">
      {originText(start, booted !== undefined)}: {formatBytes(loadedBytes)} downloaded, ready after{' '}
      {formatMs(afterMs)}
      {booted ? ` and ${formatInstructions(booted.instructions)}` : ''}.
    </p>
  );
}

/** A machine that came from a snapshot boots when it is reset. */
function originText(start: Start, isBooted: boolean): string {
  if (isBooted || start.type === 'cold') return 'Booted cold';
  return start.type === 'prebuilt'
    ? 'Continued from the site’s own snapshot'
    : `Restored from “${start.name}”`;
}

/** A restored machine has one phase only: it is ready. */
export function wasBooted(marks: readonly PhaseMark[]): boolean {
  return marks.length > 1;
}
