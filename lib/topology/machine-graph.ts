import type { Container } from '../engine/schemas';
import type { EdgeKind, Fact, GraphEdge, GraphNode, LinkPlace, Meter, NodeKind } from './graph';
import type { Names } from './guest-report';
import type { GuestLink, GuestNamespace } from './report';

export interface MachineInput {
  name: string;
  namespaces: readonly GuestNamespace[];
  names: Names;
  /** Why there is nothing of it, if there is nothing. */
  note?: string;
}

export const machineId = (station: string): string => `machine:${station}`;

/** Where the engine binds containers' namespaces, by their short ids, and overlay networks' as `1-ID`. */
const engineName = /^\/run\/docker\/netns\/(?:1-)?([0-9a-f]+)$/;
const shortIdLength = 12;

const linkKey = (namespace: number, index: number) => `${namespace}/${index}`;

interface PlacedLink {
  namespace: GuestNamespace;
  link: GuestLink;
}

/** A machine's own part of the graph, from what it reports. */
export function machineGraph(input: MachineInput): {
  nodes: GraphNode[];
  edges: GraphEdge[];
  cards: GraphNode[];
} {
  return new MachineGraph(input).build();
}

class MachineGraph {
  private readonly nodes: GraphNode[] = [];
  private readonly edges: GraphEdge[] = [];
  private readonly cards: GraphNode[] = [];
  private readonly links = new Map<string, PlacedLink>();
  private readonly nodeIds = new Set<string>();
  private readonly drawn = new Set<string>();

  constructor(private readonly input: MachineInput) {
    for (const namespace of input.namespaces)
      for (const link of namespace.links)
        this.links.set(linkKey(namespace.namespace, link.index), { namespace, link });
  }

  build() {
    const { name, namespaces } = this.input;
    const own = namespaces.find((it) => it.own);
    this.add({
      id: machineId(name),
      kind: 'machine',
      label: name,
      note: this.input.note ?? '',
      station: name,
      isUp: true,
      facts: [
        ['Machine', name],
        ['Network namespaces', `${namespaces.length}`],
        ...(own?.forwards === undefined ? [] : [['Forwards packets', own.forwards ? 'yes' : 'no'] as const]),
      ],
    });
    for (const namespace of namespaces) this.addNamespace(namespace);
    for (const placed of this.links.values()) this.addLink(placed);
    for (const placed of this.links.values()) this.joinLink(placed);
    this.joinRouted(own);
    if (own) this.addSharing(own);
    const { nodes, edges, cards } = this;
    return { nodes, edges, cards };
  }

  private add(node: GraphNode): void {
    this.nodes.push(node);
    this.nodeIds.add(node.id);
  }

  private linkId(key: string): string {
    return `link:${this.input.name}/${key}`;
  }

  private frameId(namespace: GuestNamespace): string {
    return isOpen(namespace)
      ? machineId(this.input.name)
      : `namespace:${this.input.name}/${namespace.namespace}`;
  }

  private addNamespace(namespace: GuestNamespace): void {
    if (isOpen(namespace)) return;
    const containers = this.containersOf(namespace);
    const [first] = containers;
    const path = namespace.names[0];
    const facts: Fact[] = containers.flatMap(containerFacts);
    if (path !== undefined) facts.push(['Namespace bound to', path]);
    if (namespace.process !== undefined) facts.push(['Oldest process in it', `${namespace.process}`]);
    const hasNetwork = namespace.links.some(isShown);
    this.add({
      id: this.frameId(namespace),
      kind: first ? 'container' : 'namespace',
      label: first
        ? containers.map(({ name }) => name).join(', ')
        : (path?.split('/').at(-1) ?? `process ${namespace.process ?? '?'}`),
      note: hasNetwork ? '' : 'no network',
      frame: machineId(this.input.name),
      station: this.input.name,
      isUp: true,
      facts: [...facts, ['Network namespace', `${namespace.namespace}`]],
      ...(first && { container: first.id }),
    });
  }

  /** Containers that have only the machine's network. */
  private addSharing(own: GuestNamespace): void {
    const [card] = this.cards;
    for (const container of this.containersOf(own)) {
      const id = `container:${this.input.name}/${container.id}`;
      this.add({
        id,
        kind: 'container',
        label: container.name,
        note: 'the machine’s network',
        frame: machineId(this.input.name),
        station: this.input.name,
        isUp: true,
        facts: [...containerFacts(container), ['Network', 'the machine’s own']],
        container: container.id,
      });
      if (card)
        this.edges.push({
          id: `shares:${id}`,
          kind: 'shares',
          from: card.id,
          to: id,
          fromEnd: card.label,
          toEnd: container.name,
          state: card.isUp ? 'up' : 'down',
        });
    }
  }

  private containersOf(namespace: GuestNamespace): { id: string; name: string; image?: string }[] {
    const known = this.input.names.containers;
    const named = (id: string) => known.find((container) => container.id.startsWith(id));
    const byCgroup = namespace.containers.map((id) => describe(id, named(id)));
    if (byCgroup.length > 0 || namespace.own) return byCgroup;
    // It has a namespace before its first process, and after its last one.
    return namespace.names.flatMap((path) => {
      const id = engineName.exec(path)?.[1];
      return id?.length === shortIdLength ? [describe(named(id)?.id ?? id, named(id))] : [];
    });
  }

  /** The network that a bridge is of. */
  private networkOf({ namespace, link }: PlacedLink): string | undefined {
    const { networks } = this.input.names;
    if (!namespace.own) {
      const id = namespace.names.flatMap((path) => engineName.exec(path)?.[1] ?? [])[0];
      return id === undefined ? undefined : networks.find((network) => network.id.startsWith(id))?.name;
    }
    if (link.name === 'docker0') return networks.find((network) => network.name === 'bridge')?.name;
    const id = /^br-([0-9a-f]{12})$/.exec(link.name)?.[1];
    return id === undefined ? undefined : networks.find((network) => network.id.startsWith(id))?.name;
  }

  private place({ namespace, link }: PlacedLink): LinkPlace {
    const path = namespace.names[0] ?? `/proc/${namespace.process ?? 0}/ns/net`;
    return {
      station: this.input.name,
      namespace: namespace.namespace,
      index: link.index,
      name: link.name,
      isUp: link.up,
      ...(!namespace.own && { path }),
    };
  }

  private addLink(placed: PlacedLink): void {
    const { namespace, link } = placed;
    if (!isShown(link) || this.isBridgeEnd(placed)) return;
    const key = linkKey(namespace.namespace, link.index);
    const network = link.kind === 'bridge' ? this.networkOf(placed) : undefined;
    const isCard = link.kind === '' && namespace.own;
    const kind = isCard ? 'card' : kindOf(link);
    const node: GraphNode = {
      id: this.linkId(key),
      kind,
      label: network ?? link.name,
      note: noteOf(link, kind),
      frame: this.frameId(namespace),
      station: this.input.name,
      isUp: link.up,
      facts: linkFacts(link, network),
      link: this.place(placed),
    };
    this.add(node);
    if (isCard) this.cards.push(node);
  }

  /** One end of a pair that is a port of a bridge is drawn as the line to it. */
  private isBridgeEnd({ namespace, link }: PlacedLink): boolean {
    if (link.kind !== 'veth' || link.master === undefined) return false;
    return this.lowerOf({ namespace, link }) !== undefined;
  }

  private lowerOf({ link }: PlacedLink): PlacedLink | undefined {
    const { lower } = link;
    return lower?.namespace === undefined ? undefined : this.links.get(linkKey(lower.namespace, lower.index));
  }

  /** The node that stands for a link: its own, or its bridge's. */
  private nodeOf(placed: PlacedLink): string | undefined {
    const { namespace, link } = placed;
    const own = this.linkId(linkKey(namespace.namespace, link.index));
    if (this.nodeIds.has(own)) return own;
    if (link.master === undefined) return undefined;
    const master = this.linkId(linkKey(namespace.namespace, link.master));
    return this.nodeIds.has(master) ? master : undefined;
  }

  private joinLink(placed: PlacedLink): void {
    const { namespace, link } = placed;
    if (!isShown(link)) return;
    const lower = this.lowerOf(placed);
    if (link.kind === 'veth') {
      if (lower) this.joinPair(placed, lower);
    } else if (lower) {
      this.join('stands-on', lower, placed, placed, 'backward');
    } else if (link.kind === 'vxlan') {
      this.joinTunnel(placed);
    }
    const master =
      link.master === undefined ? undefined : this.links.get(linkKey(namespace.namespace, link.master));
    if (!master || this.isBridgeEnd(placed)) return;
    // A pair whose other end nobody sees leads away from the wire, all else towards it.
    if (link.kind === 'veth') this.join('port', master, placed, placed, 'forward');
    else this.join('port', placed, master, placed, 'backward');
  }

  private joinPair(one: PlacedLink, other: PlacedLink): void {
    const [from, to] = rank(one) <= rank(other) ? [one, other] : [other, one];
    this.join('veth', from, to, from, 'forward');
  }

  /** @param counted the interface that counts what passes, and that can be cut */
  private join(
    kind: EdgeKind,
    from: PlacedLink,
    to: PlacedLink,
    counted: PlacedLink,
    out: 'forward' | 'backward',
  ): void {
    const fromNode = this.nodeOf(from);
    const toNode = this.nodeOf(to);
    const key = linkKey(counted.namespace.namespace, counted.link.index);
    const id = `${kind}:${this.input.name}/${key}`;
    if (fromNode === undefined || toNode === undefined || this.drawn.has(id)) return;
    this.drawn.add(id);
    this.edges.push({
      id,
      kind,
      from: fromNode,
      to: toNode,
      fromEnd: from.link.name,
      toEnd: to.link.name,
      state: from.link.up && to.link.up ? 'up' : 'down',
      change: { type: 'link', link: this.place(counted) },
      meter: this.meter(counted, out),
    });
  }

  private meter({ namespace, link }: PlacedLink, out: 'forward' | 'backward'): Meter {
    const { name: station } = this.input;
    return { type: 'link', station, namespace: namespace.namespace, index: link.index, out };
  }

  private joinTunnel(placed: PlacedLink): void {
    const [card] = this.cards;
    const key = linkKey(placed.namespace.namespace, placed.link.index);
    if (!card) return;
    this.edges.push({
      id: `tunnel:${this.input.name}/${key}`,
      kind: 'tunnel',
      from: card.id,
      to: this.linkId(key),
      fromEnd: card.label,
      toEnd: placed.link.name,
      state: placed.link.up ? 'up' : 'down',
      change: { type: 'link', link: this.place(placed) },
      meter: this.meter(placed, 'backward'),
    });
  }

  /** A bridge that has an address and no other way out: the kernel forwards what it gets there. */
  private joinRouted(own: GuestNamespace | undefined): void {
    const [card] = this.cards;
    if (!own?.forwards || !card) return;
    for (const link of own.links) {
      const id = this.linkId(linkKey(own.namespace, link.index));
      const isRouted = link.kind === 'bridge' && link.addresses.some((address) => !address.includes(':'));
      if (!isRouted || !this.nodeIds.has(id) || this.edges.some((edge) => edge.to === id)) continue;
      this.edges.push({
        id: `routed:${id}`,
        kind: 'routed',
        from: card.id,
        to: id,
        fromEnd: card.label,
        toEnd: link.name,
        state: link.up && card.isUp ? 'up' : 'down',
      });
    }
  }
}

/** Namespaces of networks are drawn open, as a part of the machine; those of containers and others have a frame. */
function isOpen(namespace: GuestNamespace): boolean {
  return (
    namespace.own ||
    (namespace.containers.length === 0 && namespace.links.some(({ kind }) => kind === 'bridge'))
  );
}

/** Which end of a pair is nearer to the wire. */
function rank({ namespace, link }: PlacedLink): number {
  const place = namespace.own ? 0 : isOpen(namespace) ? 1 : 2;
  return place * 2 + (link.master === undefined ? 1 : 0);
}

/** Not loopback, and not the one that the kernel has for nothing. */
function isShown(link: GuestLink): boolean {
  if (link.name === 'lo') return false;
  return link.kind !== 'dummy' || link.up || link.addresses.length > 0;
}

const drawnKinds: readonly string[] = [
  'bridge',
  'veth',
  'vlan',
  'vxlan',
  'macvlan',
  'ipvlan',
] satisfies NodeKind[];

function kindOf(link: GuestLink): NodeKind {
  return drawnKinds.includes(link.kind) ? (link.kind as NodeKind) : 'link';
}

function noteOf(link: GuestLink, kind: NodeKind): string {
  const word = kind === 'card' || kind === 'veth' ? '' : kind === 'link' ? link.kind : kind;
  const number = link.vlan ?? link.vni;
  const address = link.addresses.find((it) => !it.includes(':')) ?? '';
  return [word, number === undefined ? '' : `${number}`, address].filter((part) => part !== '').join(' ');
}

function describe(id: string, known: Container | undefined): { id: string; name: string; image?: string } {
  return known ? { id, name: known.name, image: known.image } : { id, name: id.slice(0, shortIdLength) };
}

function containerFacts({ id, name, image }: { id: string; name: string; image?: string }): Fact[] {
  return [
    ['Container', name],
    ...(image === undefined ? [] : [['Image', image] as const]),
    ['Id', id.slice(0, shortIdLength)],
  ];
}

function linkFacts(link: GuestLink, network: string | undefined): Fact[] {
  const facts: Fact[] = [['Interface', link.name]];
  const add = (name: string, value: string | number | undefined) => {
    if (value !== undefined && value !== '') facts.push([name, `${value}`]);
  };
  add('Network', network);
  add('Kind', [link.kind === '' ? 'network card' : link.kind, link.mode ?? ''].join(' ').trim());
  add('VLAN', link.vlan);
  add('VXLAN number', link.vni);
  add('MAC address', link.mac);
  add('Addresses', link.addresses.join(', '));
  add('MTU', link.mtu);
  add('State', link.up ? (link.carrier ? 'up' : 'up, nothing at its other end') : 'down');
  return facts;
}
