'use client';

import { useEffect, useState } from 'react';
import { FailureNotice } from '@/components/machine/failure-notice';
import { StartButton } from '@/components/machine/start-button';
import { Button } from '@/components/ui/button';
import { useStore } from '@/components/ui/use-store';
import { spreadOf } from '@/lib/experiments/statistics';
import { type FigureRow, FiguresTable } from './figures-table';
import { type Measured, MeasureSession } from './measure-session';

/** The same figures as the reference results, taken in this tab. */
export function MeasureHere({ downloadBytes }: { downloadBytes: number }) {
  const [session] = useState(() => new MeasureSession());
  useEffect(() => () => session.stop(), [session]);
  const state = useStore(session.state);
  const figures = 'figures' in state ? state.figures : [];
  return (
    <div className="space-y-3">
      <div className="flex min-h-11 flex-wrap items-center gap-3">
        {state.type === 'measuring' ? (
          <Button onClick={() => session.stop()}>Stop</Button>
        ) : (
          <StartButton label="Measure here" bytes={downloadBytes} onClick={() => void session.measure()} />
        )}
        <span role="status" className="text-sm text-muted">
          {state.type === 'measuring' ? `${state.what} …` : state.type === 'done' ? 'Measured.' : ''}
        </span>
      </div>
      {state.type === 'failed' ? <FailureNotice failure={state.error} /> : null}
      {figures.length > 0 ? <FiguresTable label="Measured here" rows={figures.flatMap(toRow)} /> : null}
    </div>
  );
}

function toRow({ name, unit, samples }: Measured): FigureRow[] {
  const spread = spreadOf(samples);
  return spread ? [{ name, unit, ...spread }] : [];
}
