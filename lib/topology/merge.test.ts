import { describe, expect, test } from 'vitest';
import { perfectLink } from '../wire/link/link-settings';
import { examplePort, recordedInput, recordedNames, recordedNamespaces } from './example-graph';
import type { Graph } from './graph';
import { type GraphInput, mergeGraph } from './merge';
import type { GuestNamespace } from './report';

/** "cable office left - eth0 eth0 of alpha" would be long: kind, and each end as the label of what it is in. */
function lines({ nodes, edges }: Graph): string[] {
  const label = (id: string) => {
    const node = nodes.find((it) => it.id === id);
    const frame = nodes.find((it) => it.id === node?.frame);
    return `${frame && frame.kind !== 'machine' ? `${frame.label}/` : ''}${node?.label ?? '?'}`;
  };
  return edges.map((edge) => `${edge.kind} ${label(edge.from)} - ${label(edge.to)}`);
}

test('a recorded machine is drawn as it was', () => {
  const graph = mergeGraph(recordedInput);
  expect(lines(graph)).toEqual([
    'cable office - eth0',
    'cable gateway - office',
    'veth shop - aa/eth0',
    'veth shop - bb/eth0',
    'stands-on eth0 - eth0.10',
    'stands-on eth0.10 - mm/eth0',
    'routed eth0 - docker0',
    'routed eth0 - shop',
    'shares eth0 - hh',
  ]);
  expect(graph.nodes.map(({ kind, label, note }) => [kind, label, note])).toEqual([
    ['switch', 'office', 'switch, 2 ports'],
    ['gateway', 'gateway', 'DHCP, DNS, registry'],
    ['machine', 'alpha', ''],
    ['container', 'aa', ''],
    ['container', 'bb', ''],
    ['container', 'nn', 'no network'],
    ['container', 'mm', ''],
    ['card', 'eth0', ''],
    ['bridge', 'docker0', 'bridge 172.17.0.1/16'],
    ['bridge', 'shop', 'bridge 172.18.0.1/16'],
    ['vlan', 'eth0.10', 'vlan 10'],
    ['veth', 'eth0', '172.18.0.2/16'],
    ['veth', 'eth0', '172.18.0.3/16'],
    ['macvlan', 'eth0', 'macvlan 10.7.0.2/24'],
    ['container', 'hh', 'the machine’s network'],
  ]);
});

test('without the engine there are ids for names, and the same lines', () => {
  const [station] = recordedInput.stations;
  if (!station) throw new Error('no station');
  const graph = mergeGraph({
    ...recordedInput,
    stations: [{ ...station, names: { containers: [], networks: [] } }],
  });
  expect(lines(graph)).toContain('veth br-21f44ddb22f9 - e1ad44a22ae6/eth0');
  expect(lines(graph)).toHaveLength(9);
});

test('what can be done to a line is named, and where it is counted', () => {
  const { edges } = mergeGraph(recordedInput);
  const [own, aa] = [
    recordedNamespaces.find((it) => it.own),
    edges.find(({ toEnd, kind }) => kind === 'veth' && toEnd === 'eth0'),
  ];
  expect(aa).toMatchObject({
    fromEnd: 'veth6794cff',
    state: 'up',
    change: { type: 'link', link: { station: 'alpha', name: 'veth6794cff', isUp: true } },
    meter: { type: 'link', station: 'alpha', namespace: own?.namespace, index: 6, out: 'forward' },
  });
  expect(aa?.change).not.toHaveProperty('link.path');
  expect(edges.find(({ kind }) => kind === 'cable')).toMatchObject({
    change: { type: 'cable', port: 'left', link: { in: perfectLink } },
    meter: { port: 'left', out: 'forward' },
  });
  expect(edges.find(({ toEnd, kind }) => kind === 'stands-on' && toEnd === 'eth0')?.change).toMatchObject({
    link: { path: '/run/docker/netns/c4d4bea1895d', name: 'eth0' },
  });
});

describe('on the wire', () => {
  const [station] = recordedInput.stations;
  const merge = (rest: Partial<GraphInput>) => mergeGraph({ ...recordedInput, ...rest });

  test('a card is where the switch has seen its address, whatever was said', () => {
    const ports = [examplePort('left', { type: 'card' }), examplePort('right', { type: 'card' })];
    const addresses = [{ mac: '1e:fb:62:d7:07:4d', vlan: 1, port: 'right', ageMs: 0 }];
    const { edges, nodes } = merge({ ports, addresses });
    expect(edges.find(({ to }) => nodes.find(({ id }) => id === to)?.kind === 'card')?.fromEnd).toBe('right');
    expect(edges.find(({ id }) => id === 'cable:left')?.to).toBe('stranger:left');
  });

  test('an address that came over another switch does not move the card', () => {
    const ports = [
      examplePort('left', { type: 'card' }),
      examplePort('to-lab', { type: 'port', port: 'to-office' }),
      examplePort('to-office', { type: 'port', port: 'to-lab' }, { switch: 'lab' }),
    ];
    const addresses = ['left', 'to-office'].map((port) => ({
      mac: '1e:fb:62:d7:07:4d',
      vlan: 1,
      port,
      ageMs: 0,
    }));
    const graph = merge({ ports, addresses });
    expect(lines(graph)).toContain('cable office - eth0');
    expect(graph.edges.filter(({ kind }) => kind === 'trunk')).toMatchObject([
      { from: 'switch:office', to: 'switch:lab', fromEnd: 'to-lab', toEnd: 'to-office' },
    ]);
  });

  test('a cut cable is down, a guarded one blocked, and a machine without a report has its cable', () => {
    const port = (rest: object) => [examplePort('left', { type: 'card' }, rest)];
    const state = (rest: object) => merge({ ports: port(rest) }).edges[0]?.state;
    expect(state({ carrier: false })).toBe('down');
    expect(state({ link: { in: { ...perfectLink, up: false }, out: perfectLink } })).toBe('down');
    expect(state({ blocked: true })).toBe('blocked');
    const silent = merge({
      stations: [{ name: 'alpha', port: 'left', names: recordedNames, namespaces: [], note: 'asking it…' }],
    });
    expect(lines(silent)).toEqual(['cable office - alpha', 'cable gateway - office']);
    expect(station?.port).toBe('left');
  });
});

test('an overlay network is a part of the machine: tunnel, bridge and containers', () => {
  const link = { kind: 'veth', addresses: [], mtu: 1450, up: true, carrier: true };
  const own: GuestNamespace = {
    namespace: 1,
    own: true,
    forwards: true,
    names: [],
    containers: [],
    links: [{ ...link, index: 2, name: 'eth0', kind: '', mac: '02:00:00:00:00:01' }],
  };
  const overlay: GuestNamespace = {
    namespace: 2,
    own: false,
    names: ['/run/docker/netns/1-0123456789'],
    containers: [],
    links: [
      { ...link, index: 2, name: 'br0', kind: 'bridge', addresses: ['10.0.1.1/24'] },
      { ...link, index: 3, name: 'vxlan0', kind: 'vxlan', vni: 4097, master: 2 },
      { ...link, index: 4, name: 'veth0', master: 2, lower: { index: 2, namespace: 3 } },
    ],
  };
  const container: GuestNamespace = {
    namespace: 3,
    own: false,
    process: 40,
    names: ['/run/docker/netns/aaaaaaaaaaaa'],
    containers: ['a'.repeat(64)],
    links: [
      { ...link, index: 2, name: 'eth0', addresses: ['10.0.1.2/24'], lower: { index: 4, namespace: 2 } },
    ],
  };
  const graph = mergeGraph({
    ports: [],
    addresses: [],
    stations: [
      {
        name: 'alpha',
        port: 'left',
        namespaces: [own, overlay, container],
        names: {
          containers: [],
          networks: [{ id: '0123456789'.padEnd(25, 'x'), name: 'shared', driver: 'overlay', subnets: [] }],
        },
      },
    ],
  });
  expect(lines(graph)).toEqual([
    'tunnel eth0 - vxlan0',
    'port vxlan0 - shared',
    'veth shared - aaaaaaaaaaaa/eth0',
  ]);
});
