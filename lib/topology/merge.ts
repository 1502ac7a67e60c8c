import type { AddressEntry, PortStatus } from '../wire/wire';
import type { EdgeState, Graph, GraphEdge, GraphNode } from './graph';
import { machineGraph, machineId, type MachineInput } from './machine-graph';

/** What the picture is made of. */
export interface GraphInput {
  ports: readonly PortStatus[];
  /** Of all switches. */
  addresses: readonly AddressEntry[];
  /** `port`: where its card is said to be plugged in, for as long as the switch has not seen its address. */
  stations: readonly (MachineInput & { port: string })[];
}

const switchId = (name: string) => `switch:${name}`;

/** Wire and machines as one graph. Equal inputs give equal graphs. */
export function mergeGraph({ ports, addresses, stations }: GraphInput): Graph {
  const machines = stations.map((station) => ({ station, ...machineGraph(station) }));
  const nodes: GraphNode[] = switchNodes(ports);
  const edges: GraphEdge[] = [];
  const byName = new Map(ports.map((port) => [port.name, port]));
  const seenAt = new Map(
    addresses
      .filter(({ port }) => byName.get(port)?.peer.type === 'card')
      .map(({ mac, port }) => [mac, port]),
  );

  const taken = new Set<string>();
  for (const { station, cards } of machines) {
    const only = byName.get(station.port);
    if (cards.length === 0 && only) {
      taken.add(only.name);
      edges.push(cable(only, switchId(only.switch), machineId(station.name), station.name, 'forward'));
    }
    for (const [at, card] of cards.entries()) {
      const mac = card.facts.find(([name]) => name === 'MAC address')?.[1] ?? '';
      const port = byName.get(seenAt.get(mac) ?? (at === 0 ? station.port : ''));
      if (!port || taken.has(port.name)) continue;
      taken.add(port.name);
      edges.push(cable(port, switchId(port.switch), card.id, card.label, 'forward'));
    }
  }

  for (const port of ports) {
    const at = switchId(port.switch);
    if (port.peer.type === 'gateway') {
      const id = `gateway:${port.name}`;
      nodes.push(plain(id, 'gateway', 'gateway', 'DHCP, DNS, registry', [['Plugged into', portText(port)]]));
      edges.push(cable(port, id, at, 'gateway', 'backward'));
    } else if (port.peer.type === 'port') {
      const other = byName.get(port.peer.port);
      if (!other || port.name > other.name) continue;
      edges.push({ ...cable(port, at, switchId(other.switch), other.name, 'forward'), kind: 'trunk' });
    } else if (port.peer.type === 'card' && !taken.has(port.name)) {
      const macs = addresses.filter((entry) => entry.port === port.name).map(({ mac }) => mac);
      const id = `stranger:${port.name}`;
      nodes.push(
        plain(id, 'stranger', 'unknown card', 'reports nothing', [
          ['Plugged into', portText(port)],
          ['Addresses seen', macs.slice(0, 8).join(', ') || 'none'],
        ]),
      );
      edges.push(cable(port, at, id, 'unknown card', 'forward'));
    }
  }
  return {
    nodes: [...nodes, ...machines.flatMap((it) => it.nodes)],
    edges: [...edges, ...machines.flatMap((it) => it.edges)],
  };
}

function switchNodes(ports: readonly PortStatus[]): GraphNode[] {
  const switches = new Map<string, PortStatus[]>();
  for (const port of ports) switches.set(port.switch, [...(switches.get(port.switch) ?? []), port]);
  return [...switches].map(([name, its]) =>
    plain(switchId(name), 'switch', name, `switch, ${its.length} ${its.length === 1 ? 'port' : 'ports'}`, [
      ['Switch', name],
      ...its.map((port) => [`Port ${port.name}`, peerText(port)] as const),
    ]),
  );
}

function plain(
  id: string,
  kind: GraphNode['kind'],
  label: string,
  note: string,
  facts: GraphNode['facts'],
): GraphNode {
  return { id, kind, label, note, isUp: true, facts };
}

/** Frames that leave the port go where `out` says. `from` is drawn above `to`; the port is the switch's end. */
function cable(
  port: PortStatus,
  from: string,
  to: string,
  otherEnd: string,
  out: 'forward' | 'backward',
): GraphEdge {
  const ends = out === 'forward' ? [port.name, otherEnd] : [otherEnd, port.name];
  return {
    id: `cable:${port.name}`,
    kind: 'cable',
    from,
    to,
    fromEnd: ends[0] ?? '',
    toEnd: ends[1] ?? '',
    state: stateOf(port),
    change: { type: 'cable', port: port.name, link: port.link },
    meter: { type: 'port', port: port.name, out },
  };
}

function stateOf({ link, carrier, blocked }: PortStatus): EdgeState {
  if (!carrier || !link.in.up || !link.out.up) return 'down';
  return blocked ? 'blocked' : 'up';
}

const portText = (port: PortStatus) => `port ${port.name} of switch ${port.switch}`;

function peerText({ peer }: PortStatus): string {
  switch (peer.type) {
    case 'port':
      return `to port ${peer.port}`;
    case 'card':
      return 'a card';
    case 'gateway':
      return 'a gateway';
    case 'nothing':
      return 'free';
  }
}
