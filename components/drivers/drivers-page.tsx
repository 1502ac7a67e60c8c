'use client';

import { useEffect, useState } from 'react';
import { FailureNotice } from '../machine/failure-notice';
import { StartButton } from '../machine/start-button';
import { Button } from '../ui/button';
import { useStore } from '../ui/use-store';
import { DriverSection } from './driver-section';
import { type DriversState, DriversSession } from './drivers-session';

/** @param downloadBytes compressed size of what the first press fetches */
export function DriversPage({ downloadBytes }: { downloadBytes: number }) {
  const [session] = useState(() => new DriversSession());
  useEffect(() => () => session.stop(), [session]);
  const state = useStore(session.state);
  const steps = useStore(session.steps);
  const isBusy = state.type === 'starting' || state.type === 'running';
  return (
    <div className="mt-6 space-y-8">
      <div className="flex min-h-11 flex-wrap items-center gap-4">
        {isBusy ? (
          <Button className="min-h-11 px-5 text-base" onClick={() => session.stop()}>
            Stop
          </Button>
        ) : (
          <StartButton
            look="primary"
            className="min-h-11 px-5 text-base"
            label={state.type === 'done' ? 'Try all again' : 'Try all five'}
            bytes={downloadBytes}
            onClick={() => void session.start()}
          />
        )}
        <p role="status" className="text-sm text-muted">
          {statusText(state)}
        </p>
      </div>
      {state.type === 'failed' ? <FailureNotice failure={state.error} /> : null}
      <ol className="space-y-8">
        {steps.map((step) => (
          <li key={step.driver}>
            <DriverSection step={step} />
          </li>
        ))}
      </ol>
    </div>
  );
}

function statusText(state: DriversState): string {
  switch (state.type) {
    case 'idle':
    case 'failed':
      return 'Takes about half a minute.';
    case 'starting':
      return 'Starting two machines on one switch …';
    case 'running':
      return 'One driver after the other …';
    case 'done':
      return 'All five were tried. The two machines are off again.';
  }
}
