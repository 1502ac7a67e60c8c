import type { Graph } from '@/lib/topology/graph';
import { type Layout, type Point, pointOn } from '@/lib/topology/layout';

/** Where somebody would point at each thing: a line's middle, a box's, the name of what encloses others. */
export function positionsOf(graph: Graph, { boxes, curves }: Layout): Map<string, Point> {
  const positions = new Map<string, Point>();
  for (const { id, kind } of graph.nodes) {
    const box = boxes.get(id);
    if (!box) continue;
    const x = box.x + box.width / 2;
    if (kind === 'machine') positions.set(id, { x: box.x + 17, y: box.y + 15 });
    else if (kind === 'container' || kind === 'namespace')
      positions.set(id, { x, y: box.y + box.height - 8 });
    else positions.set(id, { x, y: box.y + box.height / 2 });
  }
  for (const { id } of graph.edges) {
    const curve = curves.get(id);
    if (curve) positions.set(id, pointOn(curve, 0.5));
  }
  return positions;
}
