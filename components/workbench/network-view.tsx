'use client';

import { TopologyView } from '../topology/topology-view';
import type { NetworkViewProps } from './network-views';
import { PortsView } from './ports-view';

/** The network as it is, and the switch's ports by the numbers. */
export function NetworkView(props: NetworkViewProps) {
  return (
    <div className="space-y-6 pt-2">
      <TopologyView {...props} />
      <section aria-label="Ports">
        <h2 className="font-semibold">Ports of the switch</h2>
        <PortsView {...props} />
      </section>
    </div>
  );
}
