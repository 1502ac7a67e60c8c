/** What a link of a guest is, as far as it matters to packets. */
export type LinkKind =
  /** The machine's own network card. */
  'card' | 'veth' | 'bridge' | 'vxlan' | 'vlan' | 'macvlan' | 'ipvlan' | 'loopback' | 'other';

/** Where packets are seen. */
export type PointPlace =
  /** The switch's end of a cable; `in` is into the switch. `machine` is whose card is at the other end. */
  | { type: 'port'; port: string; machine?: string }
  /** A link in a network namespace of a guest; `in` is what the kernel receives there. It is the machine's own, or a container's, or a network's. */
  | {
      type: 'link';
      machine: string;
      container?: string;
      /** Overlay networks have a namespace with a bridge and a tunnel. */
      network?: string;
      link: string;
      kind: LinkKind;
    };

export interface CapturePoint {
  /** Unique, and what `frame.interface_name` is: "switch/left", "left/eth0", "left/web/eth0". */
  name: string;
  place: PointPlace;
}

export function pointName(place: PointPlace): string {
  if (place.type === 'port') return `switch/${place.port}`;
  const { machine, container, network, link } = place;
  return [machine, container ?? network, link].filter((part) => part !== undefined).join('/');
}

export const pointAt = (place: PointPlace): CapturePoint => ({ name: pointName(place), place });

/** For people. */
export function pointText(place: PointPlace): string {
  if (place.type === 'port') return `Switch port ${place.port}`;
  const { machine, container, network, link, kind } = place;
  if (network !== undefined) return `${link}, a ${kind}, of network ${network} on ${machine}`;
  if (container !== undefined) return `${link} of container ${container} on ${machine}`;
  return `${link}${kind === 'card' ? ', the network card' : kind === 'other' ? '' : `, a ${kind}`} of ${machine}`;
}
