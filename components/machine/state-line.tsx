'use client';

import type { MachineState } from '@/lib/machine/machine';
import { KindMark } from '../ui/kind-mark';
import { formatBytes } from '../ui/format';
import { stateText } from './state-text';

/** What the machine does now; announced politely. The bar keeps its place when there is nothing to load. */
export function StateLine({ state }: { state: MachineState }) {
  return (
    <div>
      <p className="flex items-center gap-2 font-medium">
        <KindMark kind="machine" />
        <span role="status">{stateText(state)}</span>
        {state.type === 'loading' ? (
          <span className="ml-auto text-xs font-normal text-muted tabular-nums">
            {formatBytes(state.loadedBytes)} of {formatBytes(state.totalBytes)}
          </span>
        ) : null}
      </p>
      <div className="mt-2 h-0.5 bg-line" aria-hidden>
        {state.type === 'loading' ? (
          <div
            className="h-full bg-machine"
            style={{ width: `${(100 * state.loadedBytes) / Math.max(1, state.totalBytes)}%` }}
          />
        ) : null}
      </div>
    </div>
  );
}
