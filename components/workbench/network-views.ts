import type { ComponentType } from 'react';
import type { ReadonlyStore } from '@/lib/base/store';
import type { Station } from '@/lib/fleet/station';
import type { Wire } from '@/lib/wire/wire';

/** What a view of the network looks at. It makes and ends no machines. */
export interface NetworkViewProps {
  wire: Wire;
  stations: ReadonlyStore<readonly Station[]>;
}

export interface NetworkView {
  readonly id: string;
  readonly label: string;
  /** Called when the tab is opened first: nobody downloads a view that they do not look at. */
  load(): Promise<ComponentType<NetworkViewProps>>;
  /** Stays in the page while another tab is shown, for what it has collected. Others begin anew each time. */
  readonly stays: boolean;
}

/** The tabs beside the machines, in their order. */
export const networkViews: readonly NetworkView[] = [
  {
    id: 'network',
    label: 'Network',
    load: () => import('./ports-view').then((it) => it.PortsView),
    stays: false,
  },
  {
    id: 'packets',
    label: 'Packets',
    load: () => import('../packets/packets-view').then((it) => it.PacketsView),
    stays: true,
  },
];
