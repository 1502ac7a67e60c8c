'use client';

import { useCallback, useRef, useState } from 'react';
import { type ReadonlyStore, Store } from '@/lib/base/store';
import type { MachineState, PhaseMark, ShareActivity } from '@/lib/machine/machine';
import { BootPhases } from '../machine/boot-phases';
import { Counters } from '../machine/counters';
import { FailureNotice } from '../machine/failure-notice';
import { ShortageNotice } from '../machine/shortage-notice';
import { PowerButtons } from '../machine/power-buttons';
import { ShareLine } from '../machine/share-line';
import { StateLine } from '../machine/state-line';
import { Button } from '../ui/button';
import { useConfirm } from '../ui/confirm-dialog';
import { useStore } from '../ui/use-store';
import type { Start } from './bench';
import { BenchTerminals } from './bench-terminals';
import type { Benches, Place } from './benches';
import { HiddenTabLine } from './hidden-tab-line';
import { OriginLine, wasBooted } from './origin-line';
import { PlaceName } from './place-name';
import type { ShelfState } from './shelf';
import { SnapshotsPanel } from './snapshots-panel';
import { StartPanel, type StartSizes } from './start-panel';

const off: ReadonlyStore<MachineState> = new Store({ type: 'off' });
const noMarks: ReadonlyStore<readonly PhaseMark[]> = new Store([]);
const noShare: ReadonlyStore<ShareActivity> = new Store({ fetching: [], arrivedFiles: 0, arrivedBytes: 0 });

const noFailure: ReadonlyStore<unknown> = new Store(undefined);

/** One machine with its console, shells, switches, counters and snapshots. */
export function MachinePanel({
  benches,
  place,
  isAlone,
  shelf,
  sizes,
}: {
  benches: Benches;
  place: Place;
  /** There is no other machine from which this one had to be told. */
  isAlone: boolean;
  shelf: ShelfState;
  sizes: StartSizes;
}) {
  const { kind, bench } = place;
  const seat = useStore(bench.seat);
  const link = useStore(bench.link);
  const shortage = useStore(bench.shortage);
  const state = useStore(seat?.machine.state ?? off);
  const marks = useStore(seat?.machine.phases ?? noMarks);
  const share = useStore(seat?.machine.share ?? noShare);
  const cableFailure = useStore(benches.cableFailure(place) ?? noFailure);

  const top = useRef<HTMLDivElement>(null);
  const [refusal, setRefusal] = useState<unknown>();
  const [isStarting, setIsStarting] = useState(false);
  const { ask, dialog } = useConfirm();

  /** Rejects when a machine that lives on the bench was kept. */
  const put = useCallback(
    async (start: Start) => {
      setRefusal(undefined);
      setIsStarting(true);
      await bench.powerOn(start).finally(() => setIsStarting(false));
    },
    [bench],
  );
  const restore = async (start: Start) => {
    await put(start);
    // The list of snapshots may be far below what has just begun to run, or has just failed.
    top.current?.scrollIntoView();
  };
  const powerOn = (start: Start) => void put(start).catch(setRefusal);
  const bootColdInstead = async () => {
    const isMeant =
      !bench.hasUnsaved.get() ||
      (await ask({
        title: 'Replace the running machine by a cold boot?',
        text: 'What you did in it since it started or was last saved is lost.',
        proceed: 'Boot cold',
      }));
    if (isMeant) powerOn({ type: 'cold' });
  };

  // A machine that failed in its boot or later has something on its screen; one that never began to run has not.
  const hasScreen =
    seat !== undefined && state.type !== 'off' && (state.type !== 'failed' || marks.length > 0);
  const isUp = state.type === 'running' || state.type === 'paused';

  return (
    <>
      <div ref={top} className="mt-4 grid scroll-mt-4 gap-x-8 gap-y-6 lg:grid-cols-[minmax(0,1fr)_17rem]">
        <div className="min-w-0 space-y-3">
          {state.type === 'failed' ? (
            <FailureNotice failure={state.error}>
              <Button look="primary" onClick={() => powerOn(seat?.start ?? kind.start)}>
                {marks.length > 0 ? 'Power on again' : 'Try again'}
              </Button>
              {seat?.start.type === 'cold' ? null : (
                <Button onClick={() => powerOn({ type: 'cold' })}>Boot cold</Button>
              )}
            </FailureNotice>
          ) : null}
          {link.type === 'failed' ? <FailureNotice failure={link.error} /> : null}
          {cableFailure === undefined ? null : <FailureNotice failure={cableFailure} />}
          {share.failure ? <FailureNotice failure={share.failure.error} /> : null}
          {shortage ? (
            <ShortageNotice shortage={shortage}>
              <Button look="quiet" onClick={() => bench.forgetShortage()}>
                Dismiss
              </Button>
            </ShortageNotice>
          ) : null}
          {refusal === undefined ? null : (
            <FailureNotice failure={refusal}>
              <Button look="quiet" onClick={() => setRefusal(undefined)}>
                Dismiss
              </Button>
            </FailureNotice>
          )}
          {hasScreen ? (
            <BenchTerminals
              kind={kind}
              bench={bench}
              seat={seat}
              link={link}
              onFailure={setRefusal}
              onVisit={(port) => benches.visit(place, port)}
            />
          ) : (
            <StartPanel kind={kind} sizes={sizes} isBusy={isStarting} onStart={powerOn} />
          )}
        </div>
        <aside aria-label="Machine" className="min-w-0 space-y-5">
          {isAlone ? null : <PlaceName benches={benches} place={place} />}
          <StateLine state={state} />
          <PowerButtons
            machine={seat?.machine}
            state={state}
            onPowerOn={() => powerOn(kind.start)}
            onRefused={setRefusal}
          />
          {isUp ? <HiddenTabLine hiddenTab={benches.hiddenTab} /> : null}
          {seat && link.type === 'connected' ? (
            <div>
              <OriginLine
                start={seat.start}
                afterMs={link.afterMs}
                marks={marks}
                counters={seat.machine.counters}
              />
              {wasBooted(marks) ? null : (
                <Button className="mt-2" onClick={() => void bootColdInstead()} disabled={isStarting}>
                  Boot cold instead
                </Button>
              )}
            </div>
          ) : null}
          <Counters of={seat?.machine} />
          {isUp ? <ShareLine share={share} /> : null}
          {wasBooted(marks) ? <BootPhases marks={marks} /> : null}
        </aside>
      </div>
      <SnapshotsPanel bench={bench} shelf={shelf} isUp={isUp} onRestore={restore} />
      {dialog}
    </>
  );
}
