'use client';

import { pointText } from '@/lib/packets/capture-point';
import { KindMark } from '../ui/kind-mark';
import type { ListedPoint, PointGroup } from './list-points';
import { PointMark } from './point-mark';

/** Which points to listen at: a box for each, and one for all of a machine or switch. */
export function PointPicker({
  groups,
  chosen,
  isLocked,
  onChange,
}: {
  groups: readonly PointGroup[];
  /** Names of points. */
  chosen: ReadonlySet<string>;
  isLocked: boolean;
  onChange: (chosen: ReadonlySet<string>) => void;
}) {
  const set = (points: readonly ListedPoint[], isOn: boolean) => {
    const next = new Set(chosen);
    for (const { point } of points) {
      if (isOn) next.add(point.name);
      else next.delete(point.name);
    }
    onChange(next);
  };
  return (
    <div className="grid gap-x-8 gap-y-4 sm:grid-cols-2 lg:grid-cols-3">
      {groups.map((group) => {
        const { title, kind, points, trouble } = group;
        const count = points.filter(({ point }) => chosen.has(point.name)).length;
        return (
          <fieldset key={`${kind} ${title}`} disabled={isLocked} className="min-w-0">
            <legend className="flex items-baseline gap-2 text-sm font-medium">
              {kind === 'machine' ? <KindMark kind="machine" className="translate-y-px" /> : null}
              {kind === 'machine' ? title : title === 'switch' ? 'Switch' : `Switch ${title}`}
              {points.length > 1 ? (
                <label className="ml-2 flex items-center gap-1.5 font-normal text-muted">
                  <input
                    type="checkbox"
                    checked={count === points.length}
                    onChange={({ currentTarget }) => set(points, currentTarget.checked)}
                    aria-label={`all of ${title}`}
                  />
                  all
                </label>
              ) : null}
            </legend>
            {trouble === undefined ? null : <p className="mt-1 text-sm text-bad">{trouble}</p>}
            <ul className="mt-1">
              {points.map((listed) => (
                <li key={listed.point.name}>
                  <label
                    title={pointText(listed.point.place)}
                    className="flex min-h-7 items-center gap-2 text-sm has-disabled:opacity-70"
                  >
                    <input
                      type="checkbox"
                      checked={chosen.has(listed.point.name)}
                      onChange={({ currentTarget }) => set([listed], currentTarget.checked)}
                    />
                    <PointMark place={listed.point.place} />
                    <span className="min-w-0 truncate">{shortText(listed)}</span>
                  </label>
                </li>
              ))}
            </ul>
          </fieldset>
        );
      })}
    </div>
  );
}

function shortText({ point: { place } }: ListedPoint): string {
  if (place.type === 'port') return `port ${place.port}`;
  const { container, network, link, kind } = place;
  if (network !== undefined) return `${link} of network ${network}`;
  if (container !== undefined) return `${link} in container ${container}`;
  return kind === 'card' ? `${link}, network card` : kind === 'other' ? link : `${link}, ${kind}`;
}
