'use client';

import { useEffect, useState } from 'react';
import { gatewayPort } from '@/lib/fleet/description';
import type { GatewayStatus, PortStatus, Wire } from '@/lib/wire/wire';
import { KindMark } from '../ui/kind-mark';
import { useStore } from '../ui/use-store';
import type { NetworkViewProps } from './network-views';

interface Seen {
  ports: readonly PortStatus[];
  gateway: GatewayStatus | undefined;
}

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** The ports of the switch, what is plugged in, and what has passed. */
export function PortsView({ wire, stations }: NetworkViewProps) {
  const machines = useStore(stations);
  const seen = useSeen(wire);
  if (!seen) return null;
  const addressOf = (name: string | undefined) =>
    seen.gateway?.leases.find(({ hostName }) => hostName === name)?.address;
  return (
    <div className="overflow-x-auto pt-2">
      <table className="w-full min-w-[34rem] text-sm tabular-nums">
        <caption className="sr-only">Ports of the switch</caption>
        <thead>
          <tr className="border-b border-line text-left text-xs text-muted">
            {['Port', 'Plugged in', 'Address'].map((head) => (
              <th key={head} scope="col" className="py-1 pr-4 font-normal">
                {head}
              </th>
            ))}
            {['Frames in', 'Frames out', 'Dropped'].map((head) => (
              <th key={head} scope="col" className="py-1 pl-4 text-right font-normal">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {seen.ports.map((port) => {
            const machine = machines.find((station) => station.port === port.name);
            const isGateway = port.peer.type === 'gateway';
            return (
              <tr key={port.name} className="border-b border-line">
                <th scope="row" className="py-1 pr-4 text-left font-normal">
                  {port.name}
                </th>
                <td className="py-1 pr-4">
                  {machine ? (
                    <>
                      <KindMark kind="machine" className="mr-1.5" />
                      {machine.name}.twinhull
                    </>
                  ) : (
                    <span className="text-muted">{isGateway ? 'the gateway' : 'nothing'}</span>
                  )}
                </td>
                <td className="py-1 pr-4">
                  {(isGateway ? seen.gateway?.address : addressOf(machine?.name)) ?? '–'}
                </td>
                <td className="py-1 pl-4 text-right">{whole.format(port.totals.inFrames)}</td>
                <td className="py-1 pl-4 text-right">{whole.format(port.totals.outFrames)}</td>
                <td className="py-1 pl-4 text-right">{whole.format(droppedAt(port))}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function useSeen(wire: Wire): Seen | undefined {
  const [seen, setSeen] = useState<Seen>();
  useEffect(() => {
    let isGone = false;
    const watching = wire.watchPorts((ports) => {
      wire.readGateway(gatewayPort).then(
        (gateway) => isGone || setSeen({ ports, gateway }),
        () => isGone || setSeen({ ports, gateway: undefined }),
      );
    });
    return () => {
      isGone = true;
      watching.dispose();
    };
  }, [wire]);
  return seen;
}

function droppedAt({ totals }: PortStatus): number {
  return Object.values(totals.drops).reduce((sum, count) => sum + count, 0);
}
