'use client';

import { type RefObject, useId, useState } from 'react';
import { Button } from '../ui/button';
import { formatBytes } from '../ui/format';
import { useStore } from '../ui/use-store';
import { type BenchKind, benchKinds, hostKind } from './bench-kind';
import type { Benches, Place } from './benches';
import { nameProblem } from './machine-name';
import type { KindSizes } from './machines-panel';
import { NameField } from './name-field';

/** What kind of machine, and what it is called. Nothing is downloaded before it is powered on. */
export function AddMachineDialog({
  ref,
  benches,
  sizes,
  onAdded,
}: {
  ref: RefObject<HTMLDialogElement | null>;
  benches: Benches;
  sizes: KindSizes;
  onAdded: (place: Place) => void;
}) {
  const others = useStore(benches.places);
  const [kind, setKind] = useState<BenchKind>(hostKind);
  const titleId = useId();
  const suggested = benches.freeName(kind);

  return (
    <dialog
      ref={ref}
      aria-labelledby={titleId}
      className="m-auto w-[min(28rem,calc(100vw-2rem))] rounded-md border border-line bg-surface p-5 text-ink backdrop:bg-black/40"
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const name = new FormData(event.currentTarget).get('name');
          if (typeof name !== 'string' || nameProblem(name, others)) return;
          ref.current?.close();
          onAdded(benches.add(kind, name));
        }}
      >
        <h2 id={titleId} className="font-semibold">
          Add a machine
        </h2>
        <fieldset className="mt-3 space-y-2">
          <legend className="sr-only">Kind</legend>
          {benchKinds.map((each) => (
            <label key={each.stem} className="flex items-baseline gap-2">
              <input
                type="radio"
                name="kind"
                className="accent-ink"
                checked={each === kind}
                onChange={() => setKind(each)}
              />
              <span>
                <span className="text-sm font-medium">{each.label}</span>
                <span className="block text-sm text-muted">
                  {each.text} {sizeText(sizes, each)}
                </span>
              </span>
            </label>
          ))}
        </fieldset>
        <div className="mt-4">
          <p aria-hidden className="text-sm font-medium">
            Name
          </p>
          {/* The suggestion follows the kind. */}
          <NameField key={suggested} name={suggested} others={others} />
        </div>
        <p className="mt-1 text-sm text-muted">
          Machines are on one switch, with a gateway that gives them addresses and names.
        </p>
        <div className="mt-4 flex flex-wrap justify-end gap-2">
          <Button onClick={() => ref.current?.close()}>Cancel</Button>
          <Button look="primary" type="submit">
            Add it
          </Button>
        </div>
      </form>
    </dialog>
  );
}

function sizeText(sizes: KindSizes, { profile }: BenchKind): string {
  const size = sizes[profile.name];
  return size ? `${formatBytes(size.prebuilt ?? size.cold)}.` : '';
}
