'use client';

import { type SubmitEvent, useState } from 'react';
import type { LinkSettings } from '@/lib/wire/link/link-settings';
import { Button } from '../ui/button';
import { bandwidthWords } from './words';

export type CableDirection = 'both' | 'in' | 'out';

const bandwidths = [0, 56_000, 1_000_000, 10_000_000, 100_000_000];

const field = 'w-full min-h-9 rounded-md border border-line bg-surface px-2 text-sm text-ink';

/** How a cable treats what passes. Begins with what is; the parent gives it another key when that has changed. */
export function CableForm({
  link,
  isBusy,
  onApply,
}: {
  link: { in: LinkSettings; out: LinkSettings };
  isBusy: boolean;
  onApply: (direction: CableDirection, change: Partial<LinkSettings>) => void;
}) {
  const isSame = JSON.stringify(link.in) === JSON.stringify(link.out);
  const [direction, setDirection] = useState<CableDirection>(isSame ? 'both' : 'out');
  const now = direction === 'in' ? link.in : link.out;

  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const number = (name: string) => Number(form.get(name));
    if (isBusy) return;
    onApply(direction, {
      delayMs: number('delay'),
      jitterMs: number('jitter'),
      loss: number('loss') / 100,
      bitsPerSecond: number('bandwidth'),
    });
  };

  return (
    <form onSubmit={onSubmit} className="space-y-3 text-sm">
      <label className="block">
        Direction
        <select
          value={direction}
          onChange={(event) => setDirection(event.currentTarget.value as CableDirection)}
          className={field}
        >
          <option value="both">both</option>
          <option value="out">from the switch</option>
          <option value="in">to the switch</option>
        </select>
      </label>
      {/* Fields that are not controlled begin anew with the direction. */}
      <div key={direction} className="grid grid-cols-2 gap-3">
        <NumberField label="Delay, ms" name="delay" value={now.delayMs} most={10_000} />
        <NumberField label="Jitter, ± ms" name="jitter" value={now.jitterMs} most={10_000} />
        <NumberField label="Loss, %" name="loss" value={Number((now.loss * 100).toFixed(2))} most={100} />
        <label className="block">
          Bandwidth
          <select name="bandwidth" defaultValue={now.bitsPerSecond} className={field}>
            {[...new Set([...bandwidths, now.bitsPerSecond])].map((it) => (
              <option key={it} value={it}>
                {bandwidthWords(it)}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Button type="submit" aria-disabled={isBusy}>
        Apply
      </Button>
    </form>
  );
}

function NumberField({
  label,
  name,
  value,
  most,
}: {
  label: string;
  name: string;
  value: number;
  most: number;
}) {
  return (
    <label className="block">
      {label}
      <input
        type="number"
        name={name}
        defaultValue={value}
        min={0}
        max={most}
        step="any"
        required
        inputMode="decimal"
        className={field}
      />
    </label>
  );
}
