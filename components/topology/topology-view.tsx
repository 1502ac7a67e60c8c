'use client';

import { useCallback, useEffect, useRef, useState } from 'react';
import type { ReadonlyStore } from '@/lib/base/store';
import { HullError } from '@/lib/base/hull-error';
import type { Station } from '@/lib/fleet/station';
import type { LinkPlace } from '@/lib/topology/graph';
import { setLink } from '@/lib/topology/set-link';
import { Topology } from '@/lib/topology/topology';
import type { LinkChange, Wire } from '@/lib/wire/wire';
import { FailureNotice } from '../machine/failure-notice';
import { Button } from '../ui/button';
import { useStore } from '../ui/use-store';
import { LineTable, ThingTable } from './network-tables';
import { Picture } from './picture';
import { ThingPanel } from './thing-panel';
import { useChange } from './use-change';

export interface TopologyViewProps {
  wire: Wire;
  stations: ReadonlyStore<readonly Station[]>;
  /** Opens a shell in a machine, or in one of its containers. */
  onShell?: (station: string, container?: { id: string; name: string }) => Promise<void>;
}

/** The network as machines and wire report it: a picture, its tables, and what can be done to each thing. */
export function TopologyView(props: TopologyViewProps) {
  const { wire, stations } = props;
  const [topology, setTopology] = useState<Topology>();
  useEffect(() => {
    const one = new Topology(wire, stations, () => performance.now());
    // eslint-disable-next-line react-hooks/set-state-in-effect -- it begins to ask the machines, which rendering must not
    setTopology(one);
    return () => {
      one.dispose();
      setTopology(undefined);
    };
  }, [wire, stations]);
  return topology ? <Network topology={topology} {...props} /> : null;
}

function Network({ topology, wire, stations, onShell }: TopologyViewProps & { topology: Topology }) {
  const graph = useStore(topology.graph);
  const lost = useStore(topology.lost);
  const [selected, setSelected] = useState<string>();
  const heading = useRef<HTMLHeadingElement>(null);
  const view = useRef<HTMLDivElement>(null);
  const change = useChange();
  const thing = [...graph.nodes, ...graph.edges].find(({ id }) => id === selected);

  const { forget } = change;
  const select = useCallback(
    (id: string) => {
      forget();
      setSelected(id);
      // Drawn by then, also if the panel was not there.
      requestAnimationFrame(() => heading.current?.focus());
    },
    [forget],
  );
  const close = () => {
    const picture = view.current?.querySelector<SVGGElement>('[data-thing][tabindex="0"]');
    setSelected(undefined);
    picture?.focus();
  };
  const changeCable = async (port: string, it: LinkChange) => {
    await wire.changeLink(port, it);
    topology.refresh();
  };
  const setGuestLink = async (link: LinkPlace, up: boolean) => {
    const station = stations.get().find(({ name }) => name === link.station);
    if (!station)
      throw new HullError('no-machine', `${link.station} is no longer there.`, 'Look at the picture again.');
    await setLink(station.guest, link, up);
  };

  return (
    <div ref={view} className="space-y-5">
      {lost.map(({ station, error }) => (
        <FailureNotice key={station} failure={error}>
          <Button onClick={() => topology.ask(station)}>Ask {station} again</Button>
        </FailureNotice>
      ))}
      <div className={`grid gap-x-6 gap-y-4 ${thing ? 'lg:grid-cols-[minmax(0,1fr)_17rem]' : ''}`}>
        <div className="min-w-0 space-y-2">
          <Picture graph={graph} rates={topology.rates} selected={selected} onSelect={select} />
          <p className="text-sm text-muted">
            Drawn from what the machines report. Choose a line to cut it or to make it slow, a thing to read
            about it. A travelling dot is a frame, at most eight a second on each line.
          </p>
        </div>
        {thing ? (
          <aside aria-label="What was chosen" className="min-w-0">
            <ThingPanel
              thing={thing}
              graph={graph}
              change={change}
              headingRef={heading}
              onChangeCable={changeCable}
              onSetLink={setGuestLink}
              {...(onShell && { onShell })}
              onClose={close}
            />
          </aside>
        ) : null}
      </div>
      <div className="grid gap-6 xl:grid-cols-2">
        <LineTable graph={graph} rates={topology.rates} selected={selected} onSelect={select} />
        <ThingTable graph={graph} selected={selected} onSelect={select} />
      </div>
    </div>
  );
}
