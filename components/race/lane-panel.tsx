'use client';

import { FailureNotice } from '@/components/machine/failure-notice';
import { formatBytes, formatInstructions, formatMs } from '@/components/ui/format';
import { KindMark } from '@/components/ui/kind-mark';
import { useStore } from '@/components/ui/use-store';
import type { ReadonlyStore } from '@/lib/base/store';
import type { Lane, LaneState } from '@/lib/experiments/race-sample';
import { LaneOutput } from './lane-output';
import { phaseName } from './phase-name';
import { useFrameClock } from './use-frame-clock';

const about: Record<Lane, { title: string; text: string }> = {
  machine: {
    title: 'Machine',
    text: 'A whole PC is switched on: firmware, a Linux kernel, init, then the web service. Always from cold.',
  },
  container: {
    title: 'Container',
    text: 'The same web service by docker run, on a Linux machine whose kernel and container engine are already up.',
  },
};

export function LanePanel({
  lane,
  state,
  output,
}: {
  lane: Lane;
  state: LaneState;
  output: ReadonlyStore<string>;
}) {
  const edge = lane === 'machine' ? 'border-t-machine' : 'border-t-container';
  return (
    <section
      aria-labelledby={`${lane}-title`}
      className={`flex min-w-0 flex-col gap-3 rounded-b-md border border-t-4 border-line bg-surface p-4 ${edge}`}
    >
      <div className="flex items-baseline justify-between gap-3">
        <h2 id={`${lane}-title`} className="flex items-center gap-2 text-lg font-semibold">
          <KindMark kind={lane} />
          {about[lane].title}
        </h2>
        <span className="text-sm text-muted">{statusText(state)}</span>
      </div>
      <p className="text-sm text-muted sm:min-h-10">{about[lane].text}</p>
      <LaneClock state={state} />
      <dl className="grid grid-cols-3 gap-2 text-sm">
        <Figure
          name="Instructions"
          value={state.type === 'ready' ? formatInstructions(state.sample.instructions) : '–'}
        />
        <Figure name="Memory" value={state.type === 'ready' ? formatBytes(state.sample.memoryBytes) : '–'} />
        <Figure name="Loaded" value={state.type === 'ready' ? formatBytes(state.sample.loadedBytes) : '–'} />
      </dl>
      {state.type === 'failed' ? <FailureNotice failure={state.error} /> : null}
      <LaneOutput label={`What the ${lane} prints`} text={useStore(output)} />
    </section>
  );
}

function LaneClock({ state }: { state: LaneState }) {
  const now = useFrameClock(state.type === 'running');
  const ms =
    state.type === 'ready'
      ? state.sample.readyMs
      : state.type === 'running'
        ? Math.max(0, now - state.startedAt)
        : 0;
  return (
    <p aria-hidden className="text-4xl font-semibold tracking-tight tabular-nums">
      {(ms / 1000).toFixed(3)}
      <span className="block text-sm font-normal tracking-normal text-muted sm:ml-1 sm:inline sm:text-base">
        s to the first HTTP 200
      </span>
    </p>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div className="border-t border-line pt-1">
      <dt className="text-xs text-muted">{name}</dt>
      <dd className="font-medium tabular-nums">{value}</dd>
    </div>
  );
}

function statusText(state: LaneState): string {
  switch (state.type) {
    case 'waiting':
      return 'not started';
    case 'running':
      return `${phaseName(state.phases.at(-1)?.name ?? 'starting')} …`;
    case 'ready':
      return `ready in ${formatMs(state.sample.readyMs)}`;
    case 'failed':
      return 'failed';
  }
}
