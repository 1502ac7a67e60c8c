'use client';

import { useCallback, useEffect, useRef, useState } from 'react';
import { Button } from '../ui/button';
import { Tabs } from '../ui/tabs';
import { useStore } from '../ui/use-store';
import { AddMachineDialog } from './add-machine-dialog';
import { Benches, mostPlaces } from './benches';
import { useLeaveWarning } from './leave-warning';
import { type KindSizes, MachinesPanel } from './machines-panel';
import { NetworkPanel } from './network-panel';
import { networkViews, type NetworkViewProps, previewTab } from './network-views';
import { shellInContainer } from './shell';

const machinesTab = 'machines';
const tabs = [
  { id: machinesTab, label: 'Machines' },
  ...networkViews.map(({ id, label }) => ({ id, label })),
];

/** Machines, alone or several on one wire, and what can be seen of that wire. */
export function Workbench({ sizes }: { sizes: KindSizes }) {
  const [benches] = useState(
    () => new Benches(() => import('./open-benches').then((it) => it.loadBenches())),
  );
  useEffect(() => () => benches.clear(), [benches]);
  useEffect(() => {
    const update = () => benches.isHidden.set(document.hidden);
    update();
    document.addEventListener('visibilitychange', update);
    return () => document.removeEventListener('visibilitychange', update);
  }, [benches]);
  useTitleWhilePaused(useStore(benches.hiddenTab.pause).type === 'paused');
  useLeaveWarning(useStore(benches.hasUnsaved));

  const places = useStore(benches.places);
  const [tab, setTab] = useState(machinesTab);
  const [opened, setOpened] = useState<readonly string[]>([]);
  const [selectedId, setSelectedId] = useState(places[0]?.id);
  const adding = useRef<HTMLDialogElement>(null);

  const select = useCallback(
    (id: string) => {
      setTab(id);
      if (id === machinesTab) return;
      setOpened((before) => (before.includes(id) ? before : [...before, id]));
      void benches.openNetwork();
    },
    [benches],
  );
  useEffect(() => {
    const subscription = benches.wanted.subscribe(() => select(previewTab));
    return () => subscription.dispose();
  }, [benches, select]);

  const openShell: NetworkViewProps['onShell'] = async (station, container) => {
    const place = benches.places.get().find(({ name }) => name === station);
    if (!place) return;
    await place.bench.openShell(container && shellInContainer(container));
    setTab(machinesTab);
    setSelectedId(place.id);
  };

  return (
    <div className="mt-4">
      <Tabs
        label="Workbench"
        tabs={tabs}
        selected={tab}
        onSelect={select}
        actions={
          <Button
            look="quiet"
            disabled={places.length >= mostPlaces}
            onClick={() => adding.current?.showModal()}
          >
            Add a machine
          </Button>
        }
      >
        {({ id }) => {
          if (id === machinesTab)
            return (
              <MachinesPanel
                benches={benches}
                sizes={sizes}
                selectedId={selectedId}
                onSelect={setSelectedId}
              />
            );
          const view = networkViews.find((each) => each.id === id);
          return view && opened.includes(id) ? (
            <NetworkPanel benches={benches} view={view} isShown={id === tab} onShell={openShell} />
          ) : null;
        }}
      </Tabs>
      <AddMachineDialog
        ref={adding}
        benches={benches}
        sizes={sizes}
        onAdded={(place) => {
          setTab(machinesTab);
          setSelectedId(place.id);
        }}
      />
    </div>
  );
}

/** What of this page is in sight while it is hidden: its name in the browser's list of tabs. */
function useTitleWhilePaused(isPaused: boolean): void {
  useEffect(() => {
    if (!isPaused) return;
    const before = document.title;
    document.title = `Paused: ${before}`;
    return () => {
      document.title = before;
    };
  }, [isPaused]);
}
