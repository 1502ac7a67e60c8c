'use client';

import { pointText } from '@/lib/packets/capture-point';
import type { PathStep } from '@/lib/packets/packet-path';
import type { Packet } from '@/lib/wire/capture/capture';
import { afterText, changeText, directionText } from './packet-text';
import { PointMark } from './point-mark';

/** The points that a packet passed, in order, with what changed on the way to each. A press shows it as it was there. */
export function PathPanel({
  steps,
  selected,
  onSelect,
}: {
  steps: readonly PathStep[];
  selected: Packet;
  onSelect: (packet: Packet) => void;
}) {
  if (steps.length === 0)
    return <p className="text-sm text-muted">This frame has nothing to be recognised by at other points.</p>;
  return (
    <div className="space-y-2 text-sm">
      <ol
        aria-label="Path of the packet"
        className="grid gap-2 sm:grid-cols-[repeat(auto-fill,minmax(11rem,1fr))]"
      >
        {steps.map(({ packet, point, pieces, afterNs, isClockBehind, changes }, at) => (
          <li key={packet.number} className="flex flex-col">
            <button
              type="button"
              aria-current={packet === selected}
              onClick={() => onSelect(packet)}
              className="flex flex-1 flex-col items-stretch justify-start rounded-md border border-line bg-surface p-2 text-left hover:border-ink aria-[current=true]:border-ink aria-[current=true]:outline-1 aria-[current=true]:outline-ink"
            >
              <span className="flex items-baseline gap-1.5 font-medium">
                <PointMark place={point.place} />
                <span className="[overflow-wrap:anywhere]">{point.name}</span>
              </span>
              <span className="block text-xs text-muted">{pointText(point.place)}</span>
              <span className="mt-1 block tabular-nums">
                {directionText(point.place, packet.direction)}
                {pieces > 1 ? `, ${pieces} frames` : ''}
                {at === 0 ? '' : `, ${afterText(afterNs)}`}
              </span>
              {isClockBehind ? <span className="block text-xs text-muted">the clocks differ</span> : null}
              {changes.length > 0 ? (
                <span className="mt-1 block border-t border-line pt-1">
                  {changes.map((change) => (
                    <span key={change.what} className="block text-xs [overflow-wrap:anywhere]">
                      {changeText(change)}
                    </span>
                  ))}
                </span>
              ) : null}
            </button>
          </li>
        ))}
      </ol>
      {steps.length === 1 ? (
        <p className="text-muted">It was seen at no other point. Capture at more points to follow it.</p>
      ) : null}
    </div>
  );
}
