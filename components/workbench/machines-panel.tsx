'use client';

import { type ReadonlyStore, Store } from '@/lib/base/store';
import type { MachineState } from '@/lib/machine/machine';
import { useConfirm } from '../ui/confirm-dialog';
import { KindMark } from '../ui/kind-mark';
import { Tabs } from '../ui/tabs';
import { useStore } from '../ui/use-store';
import { isAlive } from './bench';
import type { Benches, Place } from './benches';
import { MachinePanel } from './machine-panel';
import { useShelf } from './shelf';
import type { StartSizes } from './start-panel';

/** By the profile's name. */
export type KindSizes = Readonly<Record<string, StartSizes>>;

const off: ReadonlyStore<MachineState> = new Store({ type: 'off' });
const noSizes: StartSizes = { cold: 0 };

/** One machine, or a tab for each. */
export function MachinesPanel({
  benches,
  sizes,
  selectedId,
  onSelect,
}: {
  benches: Benches;
  sizes: KindSizes;
  selectedId: number | undefined;
  onSelect: (id: number) => void;
}) {
  const places = useStore(benches.places);
  const shelf = useShelf();
  const { ask, dialog } = useConfirm();
  const isAlone = places.length === 1;
  const selected = places.find(({ id }) => id === selectedId) ?? places[0];
  const find = (id: string) => places.find((place) => String(place.id) === id);

  const remove = async (place: Place | undefined) => {
    if (!place) return;
    const isMeant =
      !isAlive(place.bench.seat.get()?.machine.state.get()) ||
      (await ask({
        title: `Remove “${place.name}”?`,
        text: 'The machine ends, and what you did in it since it was last saved is lost.',
        proceed: 'Remove it',
      }));
    if (isMeant) benches.remove(place);
  };

  return (
    <>
      <Tabs
        label="Machines"
        isBare={isAlone}
        tabs={places.map((place) => ({
          id: String(place.id),
          label: place.name,
          mark: <PlaceMark place={place} />,
          isClosable: true,
        }))}
        selected={String(selected?.id)}
        onSelect={(id) => onSelect(Number(id))}
        onClose={(id) => void remove(find(id))}
      >
        {({ id }) => {
          const place = find(id);
          return place ? (
            <MachinePanel
              benches={benches}
              place={place}
              isAlone={isAlone}
              shelf={shelf}
              sizes={sizes[place.kind.profile.name] ?? noSizes}
            />
          ) : null;
        }}
      </Tabs>
      {dialog}
    </>
  );
}

function PlaceMark({ place }: { place: Place }) {
  const seat = useStore(place.bench.seat);
  const state = useStore(seat?.machine.state ?? off);
  return <KindMark kind="machine" isHollow={!isAlive(state)} className="mr-1" />;
}
