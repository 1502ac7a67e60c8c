'use client';

import { useCallback, useEffect, useState } from 'react';
import { FailureNotice } from '@/components/machine/failure-notice';
import { StartButton } from '@/components/machine/start-button';
import { Button } from '@/components/ui/button';
import { downloadFile } from '@/components/ui/download';
import { formatBytes, formatInstructions, formatMs } from '@/components/ui/format';
import { useStore } from '@/components/ui/use-store';
import { Store } from '@/lib/base/store';
import {
  type Lane,
  type LaneState,
  type RaceOrder,
  type RaceProgress,
  type RaceSample,
  lanes,
} from '@/lib/experiments/race-sample';
import { LanePanel } from './lane-panel';
import { RaceSession, type RaceSessionState } from './race-session';
import { PhaseTable } from './run-table';
import { Spread } from './spread';
import { Waterfall } from './waterfall';

const silent = new Store('');
const noSamples = new Store<readonly RaceSample[]>([]);
const notStarted = new Store<RaceProgress>({
  run: 0,
  runs: 0,
  lanes: { machine: { type: 'waiting' }, container: { type: 'waiting' } },
});

/** @param downloadBytes compressed size of what the first press fetches */
export function RacePage({ downloadBytes }: { downloadBytes: number }) {
  const [session] = useState(() => new RaceSession());
  useEffect(() => () => session.stop(), [session]);
  const state = useStore(session.state);
  const race = 'host' in state ? state.host.race : undefined;
  const progress = useStore(race?.progress ?? notStarted);
  const samples = useStore(race?.samples ?? noSamples);
  const [order, setOrder] = useState<RaceOrder>('together');
  const start = useCallback((runs: number) => void session.race(runs, order), [session, order]);
  const latest = (lane: Lane) => samples.findLast((sample) => sample.lane === lane);

  return (
    <div className="space-y-8">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
        <StartButtons
          state={state}
          downloadBytes={downloadBytes}
          onStart={start}
          onStop={() => session.cancel()}
        />
        <OrderChoice
          order={order}
          onChange={setOrder}
          disabled={state.type === 'racing' || state.type === 'preparing'}
        />
      </div>
      <HostLine state={state} onColdBoot={() => void session.bootHostCold()} />
      {state.type === 'failed' ? <FailureNotice failure={state.error} /> : null}
      <p role="status" className="sr-only">
        {announcement(state, progress.lanes)}
      </p>
      <div className="grid gap-4 md:grid-cols-2">
        {lanes.map((lane) => (
          <LanePanel
            key={lane}
            lane={lane}
            state={progress.lanes[lane]}
            output={race?.output[lane] ?? silent}
          />
        ))}
      </div>
      <section aria-labelledby="clock-title" className="space-y-3">
        <h2 id="clock-title" className="text-xl font-semibold tracking-tight">
          On one clock
        </h2>
        <p className="max-w-3xl text-sm text-muted">
          Both machines are plugged into one switch. One client there asks both from the start signal on; the
          clock of a lane stops at its first HTTP 200 on that wire.
        </p>
        <Waterfall states={progress.lanes} />
        <div className="grid items-start gap-8 pt-2 md:grid-cols-2">
          {lanes.map((lane) => (
            <PhaseTable key={lane} lane={lane} sample={latest(lane)} />
          ))}
        </div>
      </section>
      {samples.length > 0 ? (
        <div className="space-y-4">
          <Spread samples={samples} />
          <p className="max-w-3xl text-sm text-muted">
            The first <code className="font-mono text-[0.9em]">docker run</code> after its machine was brought
            up costs about twice as many instructions as later ones, because the engine, its shim and the
            runtime then do everything for the first time: compare from run 2 on.
          </p>
          <div className="flex flex-wrap gap-2">
            <Button onClick={() => downloadFile('twinhull-race.csv', session.samplesAsCsv(), 'text/csv')}>
              Download samples as CSV
            </Button>
            <Button
              onClick={() => downloadFile('twinhull-race.json', session.samplesAsJson(), 'application/json')}
            >
              As JSON
            </Button>
          </div>
        </div>
      ) : null}
    </div>
  );
}

function StartButtons({
  state,
  downloadBytes,
  onStart,
  onStop,
}: {
  state: RaceSessionState;
  downloadBytes: number;
  onStart(runs: number): void;
  onStop(): void;
}) {
  switch (state.type) {
    case 'idle':
    case 'failed':
      return (
        <StartButton
          look="primary"
          className="min-h-11 px-5 text-base"
          label="Start the race"
          bytes={downloadBytes}
          onClick={() => onStart(1)}
        />
      );
    case 'preparing':
    case 'racing':
      return (
        <Button className="min-h-11 px-5 text-base" onClick={onStop}>
          Stop
        </Button>
      );
    case 'up':
      return (
        <>
          <Button look="primary" className="min-h-11 px-5 text-base" onClick={() => onStart(1)}>
            Run again
          </Button>
          <Button className="min-h-11 px-5 text-base" onClick={() => onStart(10)}>
            Run ten times
          </Button>
        </>
      );
  }
}

function OrderChoice({
  order,
  onChange,
  disabled,
}: {
  order: RaceOrder;
  onChange(order: RaceOrder): void;
  disabled: boolean;
}) {
  const options: readonly { value: RaceOrder; label: string }[] = [
    { value: 'together', label: 'both at once' },
    { value: 'in-turn', label: 'one after the other' },
  ];
  return (
    <fieldset
      disabled={disabled}
      className="flex flex-wrap items-center gap-x-4 gap-y-1 text-sm disabled:opacity-50"
    >
      <legend className="sr-only">Order of the lanes</legend>
      {options.map((option) => (
        <label key={option.value} className="flex min-h-9 cursor-pointer items-center gap-2">
          <input
            type="radio"
            name="order"
            className="size-4 accent-ink"
            checked={order === option.value}
            onChange={() => onChange(option.value)}
          />
          {option.label}
        </label>
      ))}
    </fieldset>
  );
}

/** The container's head start, said out loud. One line high in every state, so that nothing moves. */
function HostLine({ state, onColdBoot }: { state: RaceSessionState; onColdBoot(): void }) {
  return (
    <div className="flex min-h-9 flex-wrap items-center gap-x-3 border-l-4 border-container bg-container-soft px-3 py-1 text-sm">
      {hostText(state)}
      {state.type === 'up' && state.host.startedFrom === 'snapshot' ? (
        <Button look="quiet" className="px-1 underline underline-offset-2" onClick={onColdBoot}>
          Boot it cold instead
        </Button>
      ) : null}
    </div>
  );
}

function hostText(state: RaceSessionState): string {
  switch (state.type) {
    case 'idle':
    case 'failed':
      return 'The container needs a Linux machine and a container engine that are already up. They are brought up first, and what that costs is shown here.';
    case 'preparing':
      return 'Bringing up the machine and the engine that will start the container …';
    case 'racing':
    case 'up': {
      const { startedFrom, cost } = state.host;
      const how = startedFrom === 'snapshot' ? 'restored from a prebuilt snapshot' : 'booted cold';
      return `The container’s machine and engine are already up: ${how}, ${formatMs(cost.ms)}, ${formatInstructions(cost.instructions)}, ${formatBytes(cost.loadedBytes)}.`;
    }
  }
}

function announcement(state: RaceSessionState, laneStates: Readonly<Record<Lane, LaneState>>): string {
  if (state.type === 'preparing') return 'Bringing up the container’s machine.';
  if (state.type === 'racing') return 'The race runs.';
  return lanes
    .map((lane) => laneStates[lane])
    .map((lane) =>
      lane.type === 'ready' ? `${lane.sample.lane} ready in ${formatMs(lane.sample.readyMs)}.` : '',
    )
    .join(' ');
}
