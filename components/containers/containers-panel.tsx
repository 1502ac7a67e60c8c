'use client';

import type { Container } from '@/lib/engine/schemas';
import type { Guest } from '@/lib/guest/guest';
import { FailureNotice } from '../machine/failure-notice';
import { Button } from '../ui/button';
import { useConfirm } from '../ui/confirm-dialog';
import { useStore } from '../ui/use-store';
import { ContainerList, type ListProps } from './container-list';
import { type EngineView, useEngineView } from './engine-view';
import { ImageList, NetworkList, VolumeList } from './other-lists';

export interface ContainersPanelProps {
  guest: Guest;
  onShell: (container: Container) => void;
  onTouched: () => void;
  /** Somebody wants to see what a container serves at a port of the machine. */
  onVisit: (port: number) => void;
}

/** What the container engine of the machine has, as it changes. */
export default function ContainersPanel({ guest, ...rest }: ContainersPanelProps) {
  const view = useEngineView(guest);
  return view ? <Lists view={view} {...rest} /> : null;
}

function Lists({
  view,
  onShell,
  onTouched,
  onVisit,
}: { view: EngineView } & Omit<ContainersPanelProps, 'guest'>) {
  const watch = useStore(view.inventory.watch);
  const { ask, dialog } = useConfirm();
  const shared: ListProps = { view, ask, onTouched };
  return (
    <div className="space-y-5">
      {watch.type === 'lost' ? (
        <FailureNotice failure={watch.cause}>
          <Button onClick={() => view.inventory.connect()}>Connect again</Button>
        </FailureNotice>
      ) : null}
      <ContainerList {...shared} onShell={onShell} onVisit={onVisit} />
      <ImageList {...shared} />
      <VolumeList {...shared} />
      <NetworkList {...shared} />
      {dialog}
    </div>
  );
}
