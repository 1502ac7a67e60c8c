'use client';

import { type ReactNode, useState } from 'react';
import type { BusyResult, WorkCost } from '@/lib/experiments/probes/trials';
import { FailureNotice } from '../machine/failure-notice';
import { Button } from '../ui/button';
import { formatInstructions, formatMs } from '../ui/format';
import { KindMark } from '../ui/kind-mark';
import { useStore } from '../ui/use-store';
import type { ComparePair } from './compare-pair';
import type { LaneName } from './lane';

type Outcome =
  | { type: 'none' }
  | { type: 'running'; lane: LaneName }
  | { type: 'done'; lane: LaneName; sentence: string }
  | { type: 'failed'; error: unknown };

/** What is run at a press and not by itself, because somebody suffers from it. */
export function Trials({ pair }: { pair: ComparePair }) {
  return (
    <section aria-labelledby="trials-title" className="space-y-3">
      <h2 id="trials-title" className="text-xl font-semibold tracking-tight">
        What it can do to its neighbours
      </h2>
      <div className="grid gap-x-10 gap-y-6 md:grid-cols-2">
        <Trial pair={pair} title="Crash the kernel" attempt={(lane) => pair.crash(lane)}>
          Writes <code className="font-mono">c</code> to{' '}
          <code className="font-mono">/proc/sysrq-trigger</code>, at which Linux panics.
        </Trial>
        <Trial
          pair={pair}
          title="Keep a processor busy"
          attempt={async (lane) => busySentence(lane, await pair.measureBusy(lane))}
        >
          Has the same work done on the container’s host and in the machine, in peace and beside an endless
          loop.
        </Trial>
      </div>
    </section>
  );
}

function Trial({
  pair,
  title,
  attempt,
  children,
}: {
  pair: ComparePair;
  title: string;
  attempt: (lane: LaneName) => Promise<string>;
  children: ReactNode;
}) {
  const [outcome, setOutcome] = useState<Outcome>({ type: 'none' });
  const machine = useStore(pair.machine);
  const container = useStore(pair.container);
  const press = (lane: LaneName) => {
    setOutcome({ type: 'running', lane });
    attempt(lane).then(
      (sentence) => setOutcome({ type: 'done', lane, sentence }),
      (error: unknown) => setOutcome({ type: 'failed', error }),
    );
  };
  const isBusy = outcome.type === 'running';
  return (
    <div className="space-y-2 border-t border-line pt-3">
      <h3 className="font-medium">{title}</h3>
      <p className="text-sm text-muted">{children}</p>
      <div className="flex flex-wrap gap-2">
        <Button disabled={isBusy || container.type !== 'up'} onClick={() => press('container')}>
          <KindMark kind="container" />
          In the container
        </Button>
        <Button disabled={isBusy || machine.type !== 'up'} onClick={() => press('machine')}>
          <KindMark kind="machine" />
          In the machine
        </Button>
      </div>
      <div role="status" className="min-h-6 text-sm">
        {outcome.type === 'running' ? <p className="text-muted">Trying it in the {outcome.lane}…</p> : null}
        {outcome.type === 'done' ? <p>{outcome.sentence}</p> : null}
      </div>
      {outcome.type === 'failed' ? <FailureNotice failure={outcome.error} /> : null}
    </div>
  );
}

/** Nothing but the four figures and their ratios. */
function busySentence(lane: LaneName, { alone, beside }: BusyResult): string {
  const part = (name: string, before: WorkCost, after: WorkCost) =>
    `${(after.instructions / before.instructions).toFixed(1)} times as many instructions ${name} (${formatInstructions(before.instructions)} in ${formatMs(before.ms)}, then ${formatInstructions(after.instructions)} in ${formatMs(after.ms)})`;
  return `While the ${lane} was busy, the same work was done after ${part('on the container’s host', alone.host, beside.host)} and ${part('in the machine', alone.machine, beside.machine)}.`;
}
