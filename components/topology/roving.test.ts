import { expect, test } from 'vitest';
import { recordedInput } from '@/lib/topology/example-graph';
import { layOut } from '@/lib/topology/layout';
import { mergeGraph } from '@/lib/topology/merge';
import { positionsOf } from './positions';
import { type Direction, nextTowards } from './roving';

const graph = mergeGraph(recordedInput);
const positions = positionsOf(graph, layOut(graph));

test('arrows lead from the wire down to a container, and back', () => {
  const walk = (from: string, ...directions: Direction[]) =>
    directions.reduce((at, direction) => nextTowards(graph, positions, at, direction) ?? at, from);
  expect(walk('gateway:up', 'down')).toBe('cable:up');
  expect(walk('gateway:up', 'down', 'down')).toBe('switch:office');
  expect(walk('switch:office', 'down')).toBe('cable:left');
  const card = graph.nodes.find(({ kind }) => kind === 'card')?.id;
  expect(walk('switch:office', 'down', 'down')).toBe(card);
  expect(walk('switch:office', 'down', 'up')).toBe('switch:office');
  expect(walk('gateway:up', 'up')).toBe('gateway:up');
});

test('everything can be reached', () => {
  const reached = new Set<string>();
  const queue = [...positions.keys()].slice(0, 1);
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (reached.has(id)) continue;
    reached.add(id);
    for (const direction of ['up', 'down', 'left', 'right'] as const)
      queue.push(nextTowards(graph, positions, id, direction) ?? id);
  }
  expect([...positions.keys()].filter((id) => !reached.has(id))).toEqual([]);
});
