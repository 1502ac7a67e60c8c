'use client';

import { useCallback, useEffect, useMemo, useState } from 'react';
import type { ReadonlyStore } from '@/lib/base/store';
import type { Station } from '@/lib/fleet/station';
import { dissect } from '@/lib/packets/dissect';
import { type PacketTest, parseFilter } from '@/lib/packets/filter';
import type { CapturePoint } from '@/lib/packets/capture-point';
import type { Packet } from '@/lib/wire/capture/capture';
import type { Wire } from '@/lib/wire/wire';
import { FailureNotice } from '../machine/failure-notice';
import { Button } from '../ui/button';
import { downloadFile } from '../ui/download';
import { useStore } from '../ui/use-store';
import { FilterBox } from './filter-box';
import { listPoints, type PointGroup } from './list-points';
import { PacketDetail } from './packet-detail';
import { PacketList } from './packet-list';
import { PointPicker } from './point-picker';
import { type CaptureView, useCapture } from './use-capture';

/** A full log takes a second to be searched on a slow computer: not after each letter. */
const typingMs = 200;

/** Packets of the wire and inside the machines on it: capture, filter, take apart, follow. */
export function PacketsView({ wire, stations }: { wire: Wire; stations: ReadonlyStore<readonly Station[]> }) {
  const { groups, failure, isListing, list } = usePoints(wire, useStore(stations));
  const [unchosen, setUnchosen] = useState<ReadonlySet<string>>(new Set());
  const capture = useCapture(wire);
  const [filter, setFilter] = useState('');
  const [selected, setSelected] = useState<Packet>();
  const { packets, gone } = capture.content;

  const parsed = useMemo(() => parseFilter(filter), [filter]);
  // A filter that is being typed is wrong at times: the list then stays as it was.
  const [test, setTest] = useState<{ run: PacketTest }>();
  useEffect(() => {
    if (parsed.type === 'fault') return;
    const timer = setTimeout(() => setTest({ run: parsed.test }), typingMs);
    return () => clearTimeout(timer);
  }, [parsed]);
  const shown = useFiltered(packets, capture.points, test?.run, filter.trim() === '');

  const all = groups.flatMap(({ points }) => points);
  const chosen = all.filter(({ point }) => !unchosen.has(point.name));
  const isOn = capture.state !== 'ended';
  const firstNs = packets[0]?.timeNs ?? 0n;

  const start = () => {
    setSelected(undefined);
    capture.start(chosen);
  };
  return (
    <div className="space-y-4 py-3">
      <div className="flex flex-wrap items-center gap-2">
        {isOn ? (
          <Button look="primary" onClick={capture.stop}>
            Stop
          </Button>
        ) : (
          <Button look="primary" disabled={chosen.length === 0} onClick={start}>
            {capture.session ? 'Capture anew' : 'Capture'}
          </Button>
        )}
        <Button disabled={isOn || isListing} onClick={list}>
          List the points again
        </Button>
        <Button disabled={packets.length === 0} onClick={() => save(capture, packets)}>
          Download for Wireshark
        </Button>
        {filter.trim() !== '' && shown.length < packets.length ? (
          <Button disabled={shown.length === 0} onClick={() => save(capture, shown)}>
            Download what is shown
          </Button>
        ) : null}
      </div>
      {failure === undefined ? null : <FailureNotice failure={failure} />}
      {capture.failure === undefined ? null : <FailureNotice failure={capture.failure} />}
      {capture.troubles.map((trouble, at) => (
        <FailureNotice key={at} failure={trouble} />
      ))}
      <details open={!isOn} className="rounded-md border border-line p-3">
        <summary className="cursor-pointer text-sm font-medium">
          Points: {chosen.length} of {all.length}
        </summary>
        <div className="mt-3">
          <PointPicker
            groups={groups}
            chosen={new Set(chosen.map(({ point }) => point.name))}
            isLocked={isOn}
            onChange={(names) =>
              setUnchosen(new Set(all.map(({ point }) => point.name).filter((name) => !names.has(name))))
            }
          />
        </div>
      </details>
      <FilterBox text={filter} parsed={parsed} onChange={setFilter} />
      <div>
        <CountLine view={capture} shown={shown.length} gone={gone} />
        <PacketList
          packets={shown}
          points={capture.points}
          firstNs={firstNs}
          selected={selected}
          onSelect={setSelected}
        />
      </div>
      {selected ? (
        <PacketDetail
          packet={selected}
          packets={packets}
          points={capture.points}
          firstNs={firstNs}
          onSelect={setSelected}
        />
      ) : packets.length > 0 ? (
        <p className="text-sm text-muted">Select a packet to see its layers, its bytes and its path.</p>
      ) : null}
    </div>
  );
}

function save({ session }: CaptureView, packets: readonly Packet[]): void {
  if (session) downloadFile('twinhull.pcapng', session.save(packets), 'application/x-pcapng');
}

const ms = (ns: bigint) => (Number(ns) / 1e6).toFixed(1);

/** Counts, and how far the clocks of different points can be compared. */
function CountLine({ view, shown, gone }: { view: CaptureView; shown: number; gone: number }) {
  const { session, state, content } = view;
  if (!session)
    return <p className="pb-1 text-sm text-muted">Nothing is captured before you press Capture.</p>;
  const seen = content.packets.length;
  const states = {
    starting: 'Starting to listen…',
    running: 'Listening.',
    ended: 'Stopped.',
  } as const;
  const clocks = session.clocks().map(({ machine, errorNs }) => `${machine} ±${ms(errorNs)} ms`);
  return (
    <div className="flex flex-wrap gap-x-4 pb-1 text-sm text-muted">
      <p role="status">{states[state]}</p>
      <p>
        {seen === shown ? `${seen} packets` : `${shown} of ${seen} packets shown`}
        {gone > 0 ? `, ${gone} older or dropped ones are gone` : ''}
      </p>
      {clocks.length > 0 ? <p>Clocks against the switch’s: {clocks.join(', ')}</p> : null}
    </div>
  );
}

/** Packets that the filter wants. Each is asked once for each filter. */
function useFiltered(
  packets: readonly Packet[],
  points: readonly CapturePoint[],
  test: PacketTest | undefined,
  isEmpty: boolean,
): readonly Packet[] {
  const answers = useMemo(() => ({ test, points, of: new WeakMap<Packet, boolean>() }), [test, points]);
  return useMemo(() => {
    if (!answers.test || isEmpty) return packets;
    return packets.filter((packet) => {
      const known = answers.of.get(packet);
      if (known !== undefined) return known;
      const seenAt = answers.points[packet.point]?.name ?? '';
      const isWanted = answers.test?.(dissect({ ...packet, seenAt }).layers) ?? true;
      answers.of.set(packet, isWanted);
      return isWanted;
    });
  }, [packets, answers, isEmpty]);
}

/** Points as they were when they were listed: at first, whenever machines come or go, and when asked for. */
function usePoints(wire: Wire, stations: readonly Station[]) {
  const [groups, setGroups] = useState<readonly PointGroup[]>([]);
  const [failure, setFailure] = useState<unknown>();
  const [isListing, setIsListing] = useState(false);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    // eslint-disable-next-line react-hooks/set-state-in-effect -- the question begins here
    setIsListing(true);
    listPoints(wire, stations, abort.signal)
      .then(
        (listed) => {
          setGroups(listed);
          setFailure(undefined);
        },
        (cause: unknown) => {
          if (!abort.signal.aborted) setFailure(cause);
        },
      )
      .finally(() => {
        if (!abort.signal.aborted) setIsListing(false);
      });
    return () => abort.abort();
  }, [wire, stations, turn]);
  const list = useCallback(() => setTurn((before) => before + 1), []);
  return { groups, failure, isListing, list };
}
