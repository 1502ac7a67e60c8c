import type { LinkSettings } from '../wire/link/link-settings';

/** What is drawn. `machine`, `container` and `namespace` enclose others; `stranger` is a card of which nobody reports anything. */
export type NodeKind =
  | 'gateway'
  | 'switch'
  | 'stranger'
  | 'machine'
  | 'container'
  | 'namespace'
  | 'card'
  | 'bridge'
  | 'veth'
  | 'vlan'
  | 'vxlan'
  | 'macvlan'
  | 'ipvlan'
  | 'link';

/** Name and value, both to be read by people. */
export type Fact = readonly [name: string, value: string];

export interface GraphNode {
  /** The same as long as the thing is there. */
  id: string;
  kind: NodeKind;
  label: string;
  /** A second, short line. */
  note: string;
  /** The id of what it is in. */
  frame?: string;
  /** The machine's name, of what is in one. */
  station?: string;
  isUp: boolean;
  facts: readonly Fact[];
  /** Of a container: which one a shell would be in. */
  container?: string;
  /** Of an interface: what `ip link set` changes. */
  link?: LinkPlace;
}

/** An interface in a machine. */
export interface LinkPlace {
  station: string;
  /** As in the report. */
  namespace: number;
  index: number;
  name: string;
  isUp: boolean;
  /** A file that leads to its namespace; absent for the machine's own. */
  path?: string;
}

/**
 * - `cable`: a switch port and what is plugged in; `trunk`: two switches
 * - `veth`: a pair; `port`: a bridge and what is in it that is no veth; `stands-on`: a VLAN, macvlan or ipvlan and what is below
 * - `routed`: the kernel forwards packets between the two; `tunnel`: a VXLAN's packets leave by this card
 * - `shares`: a container that has no network but the machine's
 */
export type EdgeKind = 'cable' | 'trunk' | 'veth' | 'port' | 'stands-on' | 'routed' | 'tunnel' | 'shares';

/** `blocked`: by the switches' loop guard. */
export type EdgeState = 'up' | 'down' | 'blocked';

export interface GraphEdge {
  id: string;
  kind: EdgeKind;
  /** Ids of nodes; `from` is nearer to the wire. */
  from: string;
  to: string;
  /** What the ends are called: a port, an interface. */
  fromEnd: string;
  toEnd: string;
  state: EdgeState;
  /** What can be done to it. */
  change?: EdgeChange;
  meter?: Meter;
}

export type EdgeChange =
  | { type: 'cable'; port: string; link: { in: LinkSettings; out: LinkSettings } }
  | { type: 'link'; link: LinkPlace };

/** Where its frames are counted. `out`: what a port or interface sends goes from `from` to `to`. */
export type Meter =
  | { type: 'port'; port: string; out: 'forward' | 'backward' }
  | { type: 'link'; station: string; namespace: number; index: number; out: 'forward' | 'backward' };

/** Nodes after what they are in; the order is that of drawing, and what is new comes last in its place. */
export interface Graph {
  nodes: readonly GraphNode[];
  edges: readonly GraphEdge[];
}
