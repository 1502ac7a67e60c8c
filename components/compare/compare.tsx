'use client';

import { useEffect, useState } from 'react';
import { FailureNotice } from '../machine/failure-notice';
import { StartButton } from '../machine/start-button';
import { Button } from '../ui/button';
import { useStore } from '../ui/use-store';
import { CompareSession } from './compare-session';
import type { StartFrom } from './compare-pair';
import { ProbesSection } from './probes-section';
import { Shells } from './shells';
import { Trials } from './trials';

export interface CompareSizes {
  snapshot: number;
  cold: number;
}

/** @param sizes bytes that each way to start downloads; both machines come from the same files */
export function Compare({ sizes }: { sizes: CompareSizes }) {
  const [session] = useState(() => new CompareSession());
  useEffect(() => () => session.stop(), [session]);
  const state = useStore(session.state);
  const pair = state.type === 'up' ? state.pair : undefined;
  const start = (from: StartFrom) => void session.start(from);

  if (!pair) {
    return (
      <div className="mt-6 space-y-4">
        {state.type === 'failed' ? <FailureNotice failure={state.error} /> : null}
        {state.type === 'starting' ? (
          <div className="flex min-h-11 flex-wrap items-center gap-4">
            <Button onClick={() => session.stop()}>Stop</Button>
            <p role="status" className="text-muted">
              Starting two machines, and docker run in one of them…
            </p>
          </div>
        ) : (
          <StartButtons sizes={sizes} onStart={start} />
        )}
        <Contents />
      </div>
    );
  }
  return (
    <div className="mt-6 space-y-10">
      <Shells pair={pair} onStartAgain={() => start('snapshot')} />
      <Trials pair={pair} />
      <ProbesSection loop={pair.table} />
    </div>
  );
}

/** What people come to compare. */
const contents = [
  {
    topic: 'Boot time',
    text: 'How long each took to start in this tab, with the phases of a boot and the steps of docker run.',
  },
  {
    topic: 'Isolation',
    text: 'What each sees of kernel, processes, files, devices, memory and users, and what it can do to others.',
  },
  {
    topic: 'Networking',
    text: 'Interfaces, addresses, routes and who answers, on a bridge behind a host and on a cable of its own.',
  },
] as const;

function Contents() {
  return (
    <dl className="grid gap-x-10 gap-y-4 pt-6 text-sm md:grid-cols-3">
      {contents.map(({ topic, text }) => (
        <div key={topic} className="border-t border-line pt-3">
          <dt className="font-medium">{topic}</dt>
          <dd className="mt-1 text-muted">{text}</dd>
        </div>
      ))}
    </dl>
  );
}

function StartButtons({ sizes, onStart }: { sizes: CompareSizes; onStart: (from: StartFrom) => void }) {
  return (
    <div className="space-y-3">
      <div className="flex flex-wrap gap-2">
        <StartButton
          look="primary"
          className="min-h-11 px-5 text-base"
          label="Start both"
          bytes={sizes.snapshot}
          onClick={() => onStart('snapshot')}
        />
        <StartButton
          className="min-h-11 px-5 text-base"
          label="Boot both cold"
          bytes={sizes.cold}
          onClick={() => onStart('cold')}
        />
      </div>
      <p className="max-w-prose text-sm text-muted">
        Two emulated PCs on one network cable: one is the machine, the other runs the engine that hosts the
        container. The first button continues both from a snapshot of a machine that had just booted.
      </p>
    </div>
  );
}
