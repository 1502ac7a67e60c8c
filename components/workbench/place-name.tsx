'use client';

import { useState } from 'react';
import { type ReadonlyStore, Store } from '@/lib/base/store';
import type { Station } from '@/lib/fleet/station';
import { Button } from '../ui/button';
import { useStore } from '../ui/use-store';
import type { Benches, Place } from './benches';
import { nameProblem } from './machine-name';
import { NameField } from './name-field';

const nobody: ReadonlyStore<readonly Station[]> = new Store([]);

/** What the machine is called, and whether others find it by that. */
export function PlaceName({ benches, place }: { benches: Benches; place: Place }) {
  const network = useStore(benches.network);
  const stations = useStore(network.type === 'up' ? network.network.stations : nobody);
  const [isRenaming, setIsRenaming] = useState(false);
  const isOnWire = stations.some(({ name }) => name === place.name);
  const others = benches.places.get().filter(({ id }) => id !== place.id);

  if (isRenaming)
    return (
      <form
        className="flex items-start gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          const name = new FormData(event.currentTarget).get('name');
          if (typeof name !== 'string' || nameProblem(name, others)) return;
          if (name !== place.name) benches.rename(place, name);
          setIsRenaming(false);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') setIsRenaming(false);
        }}
      >
        <NameField name={place.name} others={others} isSelected />
        <Button type="submit">Save</Button>
      </form>
    );
  return (
    <div>
      <div className="flex items-center justify-between gap-2">
        <p className="min-w-0 font-medium break-words">{place.name}</p>
        <Button look="quiet" className="-mr-3" onClick={() => setIsRenaming(true)}>
          Rename
        </Button>
      </div>
      <p role="status" className="text-sm text-muted">
        {wireText(place, isOnWire)}
      </p>
    </div>
  );
}

function wireText({ name, kind }: Place, isOnWire: boolean): string {
  if (!kind.hasNetwork) return 'It has no network: nothing in it knows the card.';
  return isOnWire ? `On the wire as ${name}.twinhull` : 'Not on the wire.';
}
