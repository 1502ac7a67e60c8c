import { afterAll, beforeAll, expect, test } from 'vitest';
import { Store, until } from '../base/store';
import { nodeParts } from '../fleet/node-parts';
import { repairIdentity, startHost, type StartedMachine } from '../fleet/start-machine';
import type { Station } from '../fleet/station';
import type { CoreWire } from '../wire/core-wire';
import { createNodeWire } from '../wire/node-wire';
import { plugIn } from '../wire/plug-in';
import { seededRandom } from '../wire/seeded-random';
import type { Graph, GraphEdge } from './graph';
import { setLink } from './set-link';
import { Topology } from './topology';

let host: StartedMachine;
let wire: CoreWire;
let topology: Topology;

/** Debian's, which says more than BusyBox's. */
const ip = '/usr/share/twinhull/tools/bin/ip';

async function run(script: string): Promise<string> {
  const { status, stdout, stderr } = await host.guest.run({ argv: ['sh', '-c', script] });
  if (status.type !== 'exited' || status.code !== 0) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

beforeAll(async () => {
  host = await startHost(nodeParts, 'snapshot');
  await repairIdentity(host.guest, nodeParts, { mac: '02:00:00:00:00:01', address: '10.0.0.1/24' });
  wire = createNodeWire({ random: seededRandom(1) });
  await wire.addSwitch('office');
  await plugIn(wire, { switch: 'office', port: 'left' }, host.machine);
  // The switch is to see the card's address here, not where the station is said to be.
  await wire.addPort({ switch: 'office', port: 'said' });
  const station: Station = { name: 'alpha', machine: host.machine, guest: host.guest, port: 'said' };
  topology = new Topology(wire, new Store<readonly Station[]>([station]), () => performance.now());
});
afterAll(() => {
  topology.dispose();
  wire.dispose();
  host.machine.dispose();
});

/** Each pair as "bridge: interface there - interface in the container of CONTAINER, its address". */
function pairs({ nodes, edges }: Graph): string[] {
  return edges.flatMap((edge) => {
    const node = (id: string) => nodes.find((it) => it.id === id);
    const container = node(node(edge.to)?.frame ?? '');
    if (edge.kind !== 'veth' || !container) return [];
    return [
      `${node(edge.from)?.label}: ${edge.fromEnd} - ${edge.toEnd} of ${container.label}, ${node(edge.to)?.note}`,
    ];
  });
}

const pairOf = (graph: Graph, container: string): GraphEdge | undefined => {
  const frame = graph.nodes.find(({ kind, label }) => kind === 'container' && label === container)?.id;
  const inside = graph.nodes.filter((node) => node.frame === frame).map(({ id }) => id);
  return graph.edges.find(({ kind, to }) => kind === 'veth' && inside.includes(to));
};

test('the picture is what engine and kernel say, and follows what happens', async () => {
  await run(
    'docker network create shop && for c in web db; do docker run -d --name $c --network shop busybox sleep 1000; done && ping -c 1 -W 1 10.0.0.2 || true',
  );
  const graph = await until(topology.graph, (it) => pairs(it).length === 2);

  // What the engine has given out, and what the kernel has joined, by other programs than ours.
  const inspected = JSON.parse(await run('docker network inspect shop')) as [
    { Id: string; Containers: Record<string, { Name: string; IPv4Address: string }> },
  ];
  const links = JSON.parse(await run(`${ip} -j -d link`)) as {
    ifname: string;
    ifindex: number;
    master?: string;
  }[];
  const bridge = `br-${inspected[0].Id.slice(0, 12)}`;
  const expected: string[] = [];
  for (const [id, { Name, IPv4Address }] of Object.entries(inspected[0].Containers)) {
    const within = `busybox nsenter --net=/run/docker/netns/${id.slice(0, 12)}`;
    const [eth0] = JSON.parse(await run(`${within} ${ip} -j link show eth0`)) as [{ link_index: number }];
    const there = links.find(({ ifindex }) => ifindex === eth0.link_index);
    expect(there?.master).toBe(bridge);
    expected.push(`shop: ${there?.ifname} - eth0 of ${Name}, ${IPv4Address}`);
  }
  expect(pairs(graph).sort()).toEqual(expected.sort());
  const own = graph.nodes.filter(({ kind }) => kind === 'card' || kind === 'bridge');
  expect(own.map(({ link }) => link?.name).sort()).toEqual([bridge, 'docker0', 'eth0'].sort());

  // The card is where the switch has seen it.
  const card = own.find(({ kind }) => kind === 'card');
  const cable = (
    await until(topology.graph, (it) => it.edges.some(({ id, to }) => id === 'cable:left' && to === card?.id))
  ).edges.find(({ id }) => id === 'cable:left');
  expect(cable).toMatchObject({ from: 'switch:office', state: 'up' });
  await wire.changeLink('left', { in: { up: false } });
  topology.refresh();
  await until(topology.graph, (it) => it.edges.find(({ id }) => id === 'cable:left')?.state === 'down');

  // Frames are counted where they pass: five from web to the bridge and back.
  const web = pairOf(graph, 'web');
  if (web?.change?.type !== 'link') throw new Error('nothing can be done to the pair');
  const { id, change } = web;
  const seen = until(
    topology.rates,
    (rates) => (rates.get(id)?.forward ?? 0) >= 2 && (rates.get(id)?.backward ?? 0) >= 2,
  );
  await run('docker exec web ping -c 5 -i 0.1 db');
  await seen;

  // Cut in the machine, and mended.
  await setLink(host.guest, change.link, false);
  await until(topology.graph, (it) => pairOf(it, 'web')?.state === 'down');
  await setLink(host.guest, change.link, true);
  await until(topology.graph, (it) => pairOf(it, 'web')?.state === 'up');
  await expect(setLink(host.guest, { ...change.link, name: 'veth-none' }, true)).rejects.toMatchObject({
    code: 'link-not-set',
  });

  await run('docker rm -f web');
  const last = await until(topology.graph, (it) => pairs(it).length === 1);
  expect(last.nodes.some(({ label }) => label === 'web')).toBe(false);
  expect(topology.lost.get()).toEqual([]);
});

test('a report that ends is told, and can be asked for again', async () => {
  await run('killall hull-links');
  const [lost] = await until(topology.lost, (it) => it.length > 0);
  expect(lost).toMatchObject({ station: 'alpha', error: { code: 'report-ended' } });
  topology.ask('alpha');
  await until(topology.graph, (it) => pairs(it).length === 1);
  expect(topology.lost.get()).toEqual([]);
});
