import type { ComponentType } from 'react';
import type { ReadonlyStore } from '@/lib/base/store';
import type { Station } from '@/lib/fleet/station';
import type { Wire } from '@/lib/wire/wire';

/** What a view of the network looks at. It makes and ends no machines. */
export interface NetworkViewProps {
  wire: Wire;
  stations: ReadonlyStore<readonly Station[]>;
  /** The page of a service that somebody asked for elsewhere in the workbench, for the view that shows pages. */
  wanted: WantedPage | undefined;
  /** Opens a shell in a machine, or in one of its containers, and shows it. */
  onShell: (station: string, container?: { id: string; name: string }) => Promise<void>;
}

/** Another object asks again. */
export interface WantedPage {
  url: URL;
}

export interface NetworkView {
  readonly id: string;
  readonly label: string;
  /** Called when the tab is opened first: nobody downloads a view that they do not look at. */
  load(): Promise<ComponentType<NetworkViewProps>>;
  /** Stays in the page while another tab is shown, for what it has collected. Others begin anew each time. */
  readonly stays: boolean;
}

export const previewTab = 'preview';

/** The tabs beside the machines, in their order. */
export const networkViews: readonly NetworkView[] = [
  {
    id: 'network',
    label: 'Network',
    load: () => import('./network-view').then((it) => it.NetworkView),
    stays: false,
  },
  {
    id: 'packets',
    label: 'Packets',
    load: () => import('../packets/packets-view').then((it) => it.PacketsView),
    stays: true,
  },
  {
    id: previewTab,
    label: 'Preview',
    load: () => import('../preview/preview-view').then((it) => it.PreviewView),
    stays: true,
  },
];
