import { useEffect, useState } from 'react';
import { Engine } from '@/lib/engine/engine';
import { Inventory } from '@/lib/engine/inventory';
import type { Guest } from '@/lib/guest/guest';

export interface EngineView {
  engine: Engine;
  inventory: Inventory;
  /** Aborted when the view goes. */
  signal: AbortSignal;
}

/** The engine of a guest, followed while the component is shown. */
export function useEngineView(guest: Guest): EngineView | undefined {
  const [view, setView] = useState<EngineView>();
  useEffect(() => {
    const abort = new AbortController();
    const engine = new Engine(guest);
    const inventory = new Inventory(engine, guest);
    // eslint-disable-next-line react-hooks/set-state-in-effect -- it begins to listen, which rendering must not
    setView({ engine, inventory, signal: abort.signal });
    return () => {
      abort.abort();
      inventory.dispose();
      setView(undefined);
    };
  }, [guest]);
  return view;
}
