import type { Graph } from '@/lib/topology/graph';
import type { Point } from '@/lib/topology/layout';

export type Direction = 'up' | 'down' | 'left' | 'right';

/** How much a step to the side counts against one ahead: what is right below comes before what is near but beside. */
const sideways = 2;

/** The next thing in a direction; undefined when there is none. Up and down, a line leads to its ends, whatever else is near. */
export function nextTowards(
  { edges }: Pick<Graph, 'edges'>,
  positions: ReadonlyMap<string, Point>,
  from: string,
  direction: Direction,
): string | undefined {
  const isAlong = direction === 'up' || direction === 'down';
  const edge = edges.find(({ id }) => isAlong && id === from);
  const ends = new Map([...positions].filter(([id]) => id === from || id === edge?.from || id === edge?.to));
  return nearestTowards(ends, from, direction) ?? nearestTowards(positions, from, direction);
}

function nearestTowards(
  positions: ReadonlyMap<string, Point>,
  from: string,
  direction: Direction,
): string | undefined {
  const start = positions.get(from);
  if (!start) return undefined;
  let best: string | undefined;
  let least = Infinity;
  for (const [id, { x, y }] of positions) {
    const [dx, dy] = [x - start.x, y - start.y];
    const isAcross = direction === 'left' || direction === 'right';
    const ahead = (isAcross ? dx : dy) * (direction === 'left' || direction === 'up' ? -1 : 1);
    const side = Math.abs(isAcross ? dy : dx);
    if (id === from || ahead <= 1) continue;
    const distance = ahead + sideways * side;
    if (distance < least) [best, least] = [id, distance];
  }
  return best;
}
