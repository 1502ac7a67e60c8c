import type { EdgeKind, Graph, GraphEdge, GraphNode, NodeKind } from '@/lib/topology/graph';
import type { Rate } from '@/lib/topology/traffic';
import { type LinkSettings, perfectLink } from '@/lib/wire/link/link-settings';

export const nodeWords: Readonly<Record<NodeKind, string>> = {
  gateway: 'Gateway',
  switch: 'Switch',
  stranger: 'Card',
  machine: 'Machine',
  container: 'Container',
  namespace: 'Network namespace',
  card: 'Network card',
  bridge: 'Bridge',
  veth: 'Interface',
  vlan: 'VLAN',
  vxlan: 'VXLAN tunnel',
  macvlan: 'macvlan interface',
  ipvlan: 'ipvlan interface',
  link: 'Interface',
};

export const edgeWords: Readonly<Record<EdgeKind, string>> = {
  cable: 'Cable',
  trunk: 'Cable between switches',
  veth: 'veth pair',
  port: 'Port of a bridge',
  'stands-on': 'Sub-interface',
  routed: 'Routed',
  tunnel: 'Tunnel',
  shares: 'Shared network',
};

/** "eth0 of web", "web", "shop": what a node is called at the end of a line. */
export function placeOf(graph: Graph, id: string): string {
  const node = graph.nodes.find((it) => it.id === id);
  if (!node) return '';
  const frame = graph.nodes.find((it) => it.id === node.frame);
  return frame ? `${node.label} of ${frame.label}` : node.label;
}

/** "eth0 172.18.0.2/16, Interface of web": first what is drawn, by which people who speak to their browser call it. */
export function nodeSentence(graph: Graph, node: GraphNode): string {
  const frame = graph.nodes.find((it) => it.id === node.frame);
  const drawn = `${node.label} ${node.isUp ? node.note : 'down'}`.trim();
  const parts = [
    drawn,
    `${nodeWords[node.kind]}${frame ? ` of ${frame.label}` : ''}`,
    node.isUp ? '' : node.note,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** "Cable from left at office to eth0 of alpha, up, 20 ms" */
export function edgeSentence(graph: Graph, edge: GraphEdge): string {
  const parts = [
    `${edgeWords[edge.kind]} from ${endOf(graph, edge, 'from')} to ${endOf(graph, edge, 'to')}`,
    stateWords(edge),
    settingsWords(edge),
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** What an end is called, and where it is when it has a name of its own. */
export function endOf(graph: Graph, edge: GraphEdge, end: 'from' | 'to'): string {
  const place = placeOf(graph, edge[end]);
  const name = end === 'from' ? edge.fromEnd : edge.toEnd;
  return place === name || place.startsWith(`${name} of `) ? place : `${name} at ${place}`;
}

export function stateWords({ state }: GraphEdge): string {
  return state === 'blocked' ? 'blocked by the loop guard' : state;
}

/** What is not as in a perfect cable: "20 ms, 2 % lost"; "towards gateway: 1 Mbit/s" when only one direction is. */
export function settingsWords({ change }: GraphEdge): string {
  if (change?.type !== 'cable') return '';
  const { in: inwards, out: outwards } = change.link;
  const [one, other] = [linkWords(outwards), linkWords(inwards)];
  if (one === other) return one;
  return [one && `from the switch ${one}`, other && `to the switch ${other}`].filter(Boolean).join('; ');
}

function linkWords({ delayMs, jitterMs, loss, bitsPerSecond }: LinkSettings): string {
  const parts: string[] = [];
  if (delayMs !== perfectLink.delayMs || jitterMs !== perfectLink.jitterMs)
    parts.push(`${delayMs}${jitterMs > 0 ? ` ± ${jitterMs}` : ''} ms`);
  if (loss > 0) parts.push(`${Number((loss * 100).toFixed(2))} % lost`);
  if (bitsPerSecond > 0) parts.push(bandwidthWords(bitsPerSecond));
  return parts.join(', ');
}

/** 1_500_000 -> "1.5 Mbit/s" */
export function bandwidthWords(bitsPerSecond: number): string {
  if (bitsPerSecond === 0) return 'no limit';
  return bitsPerSecond >= 1e6 ? `${bitsPerSecond / 1e6} Mbit/s` : `${bitsPerSecond / 1e3} kbit/s`;
}

/** Both directions, in whole frames a second; a dash when there is no counter. */
export function rateWords(edge: GraphEdge, rate: Rate | undefined): string {
  if (!edge.meter) return '–';
  const round = (frames: number) => (frames > 0 && frames < 1 ? '<1' : `${Math.round(frames)}`);
  return `${round(rate?.forward ?? 0)} / ${round(rate?.backward ?? 0)}`;
}
