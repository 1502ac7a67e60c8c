import type { Graph, GraphEdge, GraphNode } from './graph';

/** In the units of the picture: pixels when it is not scaled. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

/** From `from` to `to`, as a cubic curve: where it begins, its two handles, where it ends. */
export type Curve = readonly [Point, Point, Point, Point];

export interface Layout {
  width: number;
  height: number;
  /** By the node's id. */
  boxes: ReadonlyMap<string, Box>;
  /** By the edge's id. */
  curves: ReadonlyMap<string, Curve>;
}

/** Two lines of small text, and 22 characters of it. */
const leaf = { width: 148, height: 44 };
const gap = 16;
/** Between rows: enough for a line's name. */
const rowGap = 52;
const frameHead = 30;
const framePad = 12;
/** Of a container: its interfaces come first, so that lines to them cross no words. */
const frameFoot = 28;
const margin = 8;

interface Placed {
  node: GraphNode;
  width: number;
  children: Placed[];
  /** Of a container: what is in it. */
  inside: GraphNode[];
}

/**
 * Rows from the wire down: gateways, switches, machines; in a machine its cards, what stands on them, and in the last row its
 * containers. Everything stands below what it depends on, in the order of the graph, so that what is new comes last in its
 * place and the rest keeps its order.
 */
export function layOut(graph: Graph): Layout {
  return new Layouter(graph).layOut();
}

class Layouter {
  private readonly boxes = new Map<string, Box>();
  private readonly nodes: ReadonlyMap<string, GraphNode>;
  /** What each node hangs on: the first edge that leads down to it. */
  private readonly above = new Map<string, string>();

  constructor(private readonly graph: Graph) {
    this.nodes = new Map(graph.nodes.map((node) => [node.id, node]));
    for (const { from, to, kind } of graph.edges) {
      if (kind === 'trunk') continue;
      const [hanging, holder] = [this.hangingOf(to), this.hangingOf(from)];
      if (hanging !== holder && !this.above.has(hanging) && !this.hangsOn(holder, hanging))
        this.above.set(hanging, holder);
    }
  }

  layOut(): Layout {
    const machines = this.graph.nodes.filter(({ kind }) => kind === 'machine');
    const gateways = this.graph.nodes.filter(({ kind }) => kind === 'gateway');
    const gatewayRow = margin;
    const switchRow = gatewayRow + (gateways.length > 0 ? leaf.height + rowGap : 0);
    const switches = this.graph.nodes.filter(({ kind }) => kind === 'switch');
    const machineRow = switchRow + (switches.length > 0 ? leaf.height + rowGap : 0);

    let x = margin;
    let bottom = machineRow;
    for (const group of [...switches, undefined]) {
      const below = this.graph.nodes.filter(
        (node) => (node.kind === 'machine' || node.kind === 'stranger') && this.switchOf(node) === group?.id,
      );
      const start = x;
      for (const node of below) {
        const box =
          node.kind === 'machine' ? this.placeMachine(node, x, machineRow) : this.place(node, x, machineRow);
        x += box.width + 2 * gap;
        bottom = Math.max(bottom, box.y + box.height);
      }
      if (!group) continue;
      const top = gateways.filter(({ id }) =>
        this.graph.edges.some((edge) => edge.from === id && edge.to === group.id),
      );
      const wanted = Math.max(1, top.length) * (leaf.width + gap) - gap;
      const width = Math.max(x - 2 * gap - start, wanted);
      this.place(group, start + (width - leaf.width) / 2, switchRow);
      for (const [at, gateway] of top.entries())
        this.place(gateway, start + (width - wanted) / 2 + at * (leaf.width + gap), gatewayRow);
      x = start + width + 2 * gap;
      bottom = Math.max(bottom, switchRow + leaf.height);
    }
    // Switches that stand beside each other may have lines around the bottom of none: there is room enough.
    const width = Math.max(x - 2 * gap, leaf.width + margin) + margin;
    return {
      width,
      height: machines.length > 0 ? bottom + margin : bottom + gap,
      boxes: this.boxes,
      curves: this.curves(),
    };
  }

  /** A container hangs as a whole, whatever of it a line leads to. */
  private hangingOf(id: string): string {
    const frame = this.nodes.get(this.nodes.get(id)?.frame ?? '');
    return frame && frame.kind !== 'machine' ? frame.id : id;
  }

  private hangsOn(id: string, other: string): boolean {
    for (let at: string | undefined = id; at !== undefined; at = this.above.get(at))
      if (at === other) return true;
    return false;
  }

  /** The one that the machine's first card is plugged into. */
  private switchOf(node: GraphNode): string | undefined {
    const cable = this.graph.edges.find(
      ({ kind, to }) => kind === 'cable' && (to === node.id || this.nodes.get(to)?.frame === node.id),
    );
    return cable?.from;
  }

  private place(node: GraphNode, x: number, y: number, size = leaf): Box {
    const box = { x: Math.round(x), y: Math.round(y), ...size };
    this.boxes.set(node.id, box);
    return box;
  }

  private placeMachine(machine: GraphNode, x: number, y: number): Box {
    const inside = this.graph.nodes.filter(({ frame }) => frame === machine.id);
    const own = new Set(inside.map(({ id }) => id));
    const roots = inside
      .filter(({ id }) => !own.has(this.above.get(id) ?? ''))
      .sort((one, other) => Number(isFrame(one)) - Number(isFrame(other)));
    const trees = roots.map((node) => this.tree(node, inside));
    const width = Math.max(sum(trees), leaf.width) + 2 * framePad;
    // The frame comes before what is in it, as in the graph.
    this.boxes.set(machine.id, { x, y, width, height: 0 });
    const depth = Math.max(1, ...trees.map(depthOf));
    const first = y + frameHead;
    // Containers stand in the last row, one below everything else.
    const containersAt = first + depth * (leaf.height + rowGap);
    let bottom = first + depth * (leaf.height + rowGap) - rowGap;
    let at = x + framePad;
    const walk = (tree: Placed, left: number, row: number) => {
      const middle = left + tree.width / 2;
      if (isFrame(tree.node)) {
        const height = this.placeFrame(tree, middle, containersAt);
        bottom = Math.max(bottom, containersAt + height);
      } else {
        this.place(tree.node, middle - leaf.width / 2, first + row * (leaf.height + rowGap));
      }
      let from = middle - sum(tree.children) / 2;
      for (const child of tree.children) {
        walk(child, from, row + 1);
        from += child.width + gap;
      }
    };
    for (const tree of trees) {
      walk(tree, at, 0);
      at += tree.width + gap;
    }
    const box = { x, y, width, height: bottom + framePad - y };
    this.boxes.set(machine.id, box);
    return box;
  }

  private tree(node: GraphNode, siblings: readonly GraphNode[]): Placed {
    const children = siblings
      .filter(({ id }) => this.above.get(id) === node.id)
      .map((child) => this.tree(child, siblings));
    const inside = this.graph.nodes.filter(({ frame }) => frame === node.id);
    const own = isFrame(node) ? frameWidth(inside.length) : leaf.width;
    return { node, children, inside, width: Math.max(own, sum(children)) };
  }

  private placeFrame({ node, inside }: Placed, middle: number, y: number): number {
    const width = frameWidth(inside.length);
    const left = Math.round(middle - width / 2);
    const height = inside.length > 0 ? framePad + leaf.height + frameFoot : leaf.height;
    this.boxes.set(node.id, { x: left, y, width, height });
    for (const [at, link] of inside.entries())
      this.place(link, left + framePad + at * (leaf.width + gap), y + framePad);
    return height;
  }

  private curves(): Map<string, Curve> {
    const curves = new Map<string, Curve>();
    for (const edge of this.graph.edges) {
      const from = this.boxes.get(edge.from);
      const to = this.boxes.get(edge.to);
      if (from && to)
        curves.set(edge.id, edge.kind === 'trunk' ? sideways(from, to) : downwards(from, to, edge));
    }
    return curves;
  }
}

const isFrame = ({ kind }: GraphNode) => kind === 'container' || kind === 'namespace';

const frameWidth = (count: number) => Math.max(1, count) * (leaf.width + gap) - gap + 2 * framePad;

const sum = (trees: readonly Placed[]) =>
  trees.reduce((width, tree) => width + tree.width + gap, trees.length > 0 ? -gap : 0);

/** Rows that a tree takes, without the row of the containers. */
function depthOf(tree: Placed): number {
  if (isFrame(tree.node)) return 0;
  return 1 + Math.max(0, ...tree.children.map(depthOf));
}

function downwards(from: Box, to: Box, { kind }: GraphEdge): Curve {
  const start = { x: from.x + from.width / 2, y: from.y + from.height };
  const end = { x: to.x + to.width / 2, y: to.y };
  // A machine of which nothing is known is met at its frame.
  if (end.y <= start.y && kind !== 'cable') return sideways(from, to);
  const drop = end.y - start.y;
  // A cable goes sideways between the rows, and straight down into a machine.
  const [one, other] = kind === 'cable' ? [0.55 * rowGap, 0.1 * rowGap] : [drop / 2, drop / 2];
  return [start, { x: start.x, y: start.y + one }, { x: end.x, y: start.y + other }, end];
}

/** Above what stands between, if there is something. */
function sideways(from: Box, to: Box): Curve {
  const isRight = to.x >= from.x;
  const start = { x: isRight ? from.x + from.width : from.x, y: from.y + from.height / 2 };
  const end = { x: isRight ? to.x : to.x + to.width, y: to.y + to.height / 2 };
  const distance = Math.abs(end.x - start.x);
  const lift = distance > 3 * leaf.width ? leaf.height : 0;
  const handle = (isRight ? 1 : -1) * (distance / 3);
  return [start, { x: start.x + handle, y: start.y - lift }, { x: end.x - handle, y: end.y - lift }, end];
}

/** A point of a curve. @param at 0 at its beginning, 1 at its end */
export function pointOn([a, b, c, d]: Curve, at: number): Point {
  const rest = 1 - at;
  const blend = (p: number, q: number, r: number, s: number) =>
    rest ** 3 * p + 3 * rest ** 2 * at * q + 3 * rest * at ** 2 * r + at ** 3 * s;
  return { x: blend(a.x, b.x, c.x, d.x), y: blend(a.y, b.y, c.y, d.y) };
}
