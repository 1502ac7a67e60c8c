'use client';

import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useRef, useState } from 'react';
import type { CapturePoint } from '@/lib/packets/capture-point';
import { dissect } from '@/lib/packets/dissect';
import type { Packet } from '@/lib/wire/capture/capture';
import { sinceText } from './packet-text';
import { PointMark } from './point-mark';

/** In pixels: one line in a wide list, two in a narrow one. */
const wideRow = 28;
const narrowRow = 48;
const narrowBelow = 640;
const listHeight = 336;
/** Rows beyond what is in sight, so that scrolling shows no empty ones. */
const spareRows = 8;

const columns =
  'grid items-center gap-x-3 grid-cols-[5.5rem_minmax(6rem,10rem)_8.5rem_8.5rem_6.5rem_3.5rem_minmax(0,1fr)]';

/**
 * Packets, a row each; only those in sight are in the page. The keyboard moves the selection; the list stays at its end while it is
 * there, so that new packets are seen as they come.
 */
export function PacketList({
  packets,
  points,
  firstNs,
  selected,
  onSelect,
}: {
  packets: readonly Packet[];
  /** By the packets' `point`. */
  points: readonly CapturePoint[];
  /** What times are told from. */
  firstNs: bigint;
  selected: Packet | undefined;
  onSelect: (packet: Packet) => void;
}) {
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [isNarrow, setIsNarrow] = useState(false);
  const isAtEnd = useRef(true);
  const rowHeight = isNarrow ? narrowRow : wideRow;

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setIsNarrow(element.clientWidth < narrowBelow));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (isAtEnd.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [packets, rowHeight]);

  const onScroll = () => {
    const element = box.current;
    if (!element) return;
    setTop(element.scrollTop);
    isAtEnd.current = element.scrollTop + element.clientHeight >= element.scrollHeight - rowHeight;
  };

  const index = selected ? packets.indexOf(selected) : -1;
  const choose = (at: number) => {
    const next = packets[Math.max(0, Math.min(packets.length - 1, at))];
    const element = box.current;
    if (!next || !element) return;
    onSelect(next);
    const place = packets.indexOf(next) * rowHeight;
    isAtEnd.current = false;
    if (place < element.scrollTop) element.scrollTop = place;
    else if (place + rowHeight > element.scrollTop + element.clientHeight)
      element.scrollTop = place + rowHeight - element.clientHeight;
  };
  const page = Math.floor(listHeight / rowHeight) - 1;
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: index + 1,
    ArrowUp: index < 0 ? packets.length - 1 : index - 1,
    PageDown: index + page,
    PageUp: index - page,
    Home: 0,
    End: packets.length - 1,
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const to = steps[event.key];
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    choose(to);
  };

  const first = Math.max(0, Math.floor(top / rowHeight) - spareRows);
  const last = Math.min(packets.length, Math.ceil((top + listHeight) / rowHeight) + spareRows);
  const isSelectedInPage = index >= first && index < last;

  return (
    <div className="overflow-hidden rounded-md border border-line bg-surface text-[0.8125rem]">
      {isNarrow ? null : (
        <div aria-hidden className={`${columns} border-b border-line px-2 py-1 font-medium text-muted`}>
          <span>Time, s</span>
          <span>Point</span>
          <span>Source</span>
          <span>Destination</span>
          <span>Protocol</span>
          <span className="text-right">Bytes</span>
          <span>What it says</span>
        </div>
      )}
      <div
        ref={box}
        role="grid"
        aria-label="Packets"
        aria-rowcount={packets.length}
        aria-activedescendant={isSelectedInPage ? `${id}-${index}` : undefined}
        tabIndex={0}
        onScroll={onScroll}
        onKeyDown={onKeyDown}
        style={{ height: listHeight }}
        className="relative overflow-y-auto -outline-offset-2"
      >
        <div role="presentation" style={{ height: packets.length * rowHeight }} />
        {packets.slice(first, last).map((packet, at) => (
          <Row
            key={packet.number}
            id={`${id}-${first + at}`}
            packet={packet}
            point={points[packet.point]}
            since={sinceText(packet.timeNs - firstNs)}
            isNarrow={isNarrow}
            isSelected={packet === selected}
            rowIndex={first + at}
            top={(first + at) * rowHeight}
            height={rowHeight}
            onPress={() => choose(first + at)}
          />
        ))}
      </div>
    </div>
  );
}

function Row({
  id,
  packet,
  point,
  since,
  isNarrow,
  isSelected,
  rowIndex,
  top,
  height,
  onPress,
}: {
  id: string;
  packet: Packet;
  point: CapturePoint | undefined;
  since: string;
  isNarrow: boolean;
  isSelected: boolean;
  rowIndex: number;
  top: number;
  height: number;
  onPress: () => void;
}) {
  const { source, destination, protocol, info } = dissect(packet).summary;
  const cell = 'truncate';
  const mark = point ? <PointMark place={point.place} /> : null;
  return (
    <div
      role="row"
      id={id}
      aria-rowindex={rowIndex + 1}
      aria-selected={isSelected}
      onClick={onPress}
      style={{ top, height }}
      className={`absolute inset-x-0 cursor-default px-2 tabular-nums hover:bg-sunken aria-selected:bg-ink aria-selected:text-paper ${isNarrow ? 'flex flex-col justify-center' : columns}`}
    >
      {isNarrow ? (
        <>
          <div role="gridcell" className="flex items-baseline gap-2">
            <span>{since}</span>
            <span className="font-medium whitespace-nowrap">{protocol}</span>
            {mark}
            <span className={cell}>{point?.name}</span>
          </div>
          <div role="gridcell" className={cell}>
            {source} → {destination} {info}
          </div>
        </>
      ) : (
        <>
          <span role="gridcell">{since}</span>
          <span role="gridcell" className={`flex items-baseline gap-1.5 ${cell}`}>
            {mark}
            <span className={cell}>{point?.name}</span>
          </span>
          <span role="gridcell" className={cell}>
            {source}
          </span>
          <span role="gridcell" className={cell}>
            {destination}
          </span>
          <span role="gridcell" className={cell}>
            {protocol}
          </span>
          <span role="gridcell" className="text-right">
            {packet.length}
          </span>
          <span role="gridcell" className={cell}>
            {info}
          </span>
        </>
      )}
    </div>
  );
}
