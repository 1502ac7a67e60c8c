import { useEffect, useState } from 'react';
import type { SnapshotShelf } from '@/lib/snapshots/shelf';

export type ShelfState =
  { type: 'opening' } | { type: 'open'; shelf: SnapshotShelf } | { type: 'unavailable'; why: unknown };

/** The saved snapshots of this browser, while the component is shown. */
export function useShelf(): ShelfState {
  const [state, setState] = useState<ShelfState>({ type: 'opening' });
  useEffect(() => {
    let opened: SnapshotShelf | undefined;
    let isGone = false;
    openShelf().then(
      (shelf) => {
        opened = shelf;
        if (isGone) shelf.dispose();
        else setState({ type: 'open', shelf });
      },
      (why: unknown) => {
        if (!isGone) setState({ type: 'unavailable', why });
      },
    );
    return () => {
      isGone = true;
      opened?.dispose();
    };
  }, []);
  return state;
}

async function openShelf(): Promise<SnapshotShelf> {
  const { SnapshotShelf } = await import('@/lib/snapshots/shelf');
  return SnapshotShelf.open({
    databases: indexedDB,
    channel: new BroadcastChannel('twinhull.snapshots'),
    now: () => Date.now(),
    newId: () => crypto.randomUUID(),
  });
}
