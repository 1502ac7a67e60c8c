import fc from 'fast-check';
import { expect, test } from 'vitest';
import { examplePort, recordedInput, recordedNamespaces } from './example-graph';
import type { Graph } from './graph';
import { type Box, layOut, pointOn } from './layout';
import { type GraphInput, mergeGraph } from './merge';
import type { GuestLink } from './report';

const frames = ['machine', 'container', 'namespace'];

const overlap = (one: Box, other: Box) =>
  one.x < other.x + other.width &&
  other.x < one.x + one.width &&
  one.y < other.y + other.height &&
  other.y < one.y + one.height;

const holds = (outer: Box, inner: Box) =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;

/** Everything has a place, within what it is in and apart from the rest; every line begins and ends at its things. */
function expectSound(graph: Graph): void {
  const { width, height, boxes, curves } = layOut(graph);
  const box = (id: string) => {
    const found = boxes.get(id);
    if (!found) throw new Error(`${id} has no place`);
    return found;
  };
  for (const node of graph.nodes) {
    expect(holds({ x: 0, y: 0, width, height }, box(node.id))).toBe(true);
    if (node.frame !== undefined) expect(holds(box(node.frame), box(node.id))).toBe(true);
    for (const other of graph.nodes)
      if (node.id < other.id && node.frame === other.frame)
        expect(overlap(box(node.id), box(other.id)), `${node.id} and ${other.id}`).toBe(false);
  }
  for (const edge of graph.edges) {
    const curve = curves.get(edge.id);
    if (!curve) throw new Error(`${edge.id} has no way`);
    for (const [at, id] of [
      [0, edge.from],
      [1, edge.to],
    ] as const) {
      const { x, y } = pointOn(curve, at);
      expect(holds(box(id), { x, y, width: 0, height: 0 })).toBe(true);
    }
  }
}

/** Some of a recorded machine's namespaces, so that what is left has ends that lead nowhere. */
const someInput: fc.Arbitrary<GraphInput> = fc
  .record({
    machines: fc.array(fc.subarray([...recordedNamespaces]), { maxLength: 4 }),
    ports: fc.subarray(['a', 'b', 'c', 'd']),
    gateways: fc.nat(2),
    hasTrunk: fc.boolean(),
  })
  .map(({ machines, ports, gateways, hasTrunk }) => ({
    ports: [
      ...ports.map((name, at) =>
        examplePort(name, { type: 'card' }, { switch: at % 2 === 0 ? 'office' : 'lab' }),
      ),
      ...Array.from({ length: gateways }, (_, at) => examplePort(`gateway${at}`, { type: 'gateway' })),
      ...(hasTrunk
        ? [
            examplePort('t1', { type: 'port', port: 't2' }),
            examplePort('t2', { type: 'port', port: 't1' }, { switch: 'lab' }),
          ]
        : []),
    ],
    addresses: [],
    stations: machines.map((namespaces, at) => ({
      name: `m${at}`,
      port: 'abcd'[at] ?? '',
      namespaces,
      names: { containers: [], networks: [] },
    })),
  }));

test('everything has a place of its own', () => {
  expectSound(mergeGraph(recordedInput));
  fc.assert(fc.property(someInput, (input) => expectSound(mergeGraph(input))));
});

test('rows go down from the wire', () => {
  const graph = mergeGraph(recordedInput);
  const { boxes } = layOut(graph);
  const y = (kind: string) => boxes.get(graph.nodes.find((node) => node.kind === kind)?.id ?? '')?.y ?? NaN;
  expect(y('gateway')).toBeLessThan(y('switch'));
  expect(y('switch')).toBeLessThan(y('machine'));
  expect(y('card')).toBeLessThan(y('bridge'));
  expect(y('bridge')).toBeLessThan(y('container'));
});

test('what is new comes in without changing the order of the rest', () => {
  const [station] = recordedInput.stations;
  if (!station) throw new Error('no station');
  const order = (count: number) => {
    const some = recordedNamespaces.slice(0, count);
    const isThere = ({ lower }: GuestLink) =>
      !lower || some.some(({ namespace }) => namespace === lower.namespace);
    const namespaces = some.map((it) => ({ ...it, links: it.links.filter(isThere) }));
    const graph = mergeGraph({ ...recordedInput, stations: [{ ...station, namespaces }] });
    const { boxes } = layOut(graph);
    return graph.nodes
      .filter(({ kind }) => !frames.includes(kind))
      .map(({ id }) => ({ id, ...(boxes.get(id) ?? { x: 0, y: 0 }) }))
      .sort((one, other) => one.y - other.y || one.x - other.x)
      .map(({ id }) => id);
  };
  for (let count = 1; count < recordedNamespaces.length; count++) {
    const before = order(count);
    expect(order(count + 1).filter((id) => before.includes(id))).toEqual(before);
  }
});
