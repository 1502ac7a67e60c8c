import { afterAll, beforeAll, expect, test } from 'vitest';
import { budgetOf } from '../fleet/budget';
import { Fleet } from '../fleet/fleet';
import { nodeFleet } from '../fleet/node-fleet';
import type { Station } from '../fleet/station';
import type { Packet } from '../wire/capture/capture';
import { realTime, unixNs } from '../wire/real-time';
import { type CapturePoint, pointAt } from './capture-point';
import { CaptureSession } from './capture-session';
import { dissect } from './dissect';
import { parseFilter } from './filter';
import { type GuestLink, listLinks } from './guest-tap';
import { pathOf } from './packet-path';
import { followTcp } from './tcp-stream';

let fleet: Fleet;
const { signal } = new AbortController();

beforeAll(async () => {
  const budget = budgetOf({ memoryBytes: 64 * 1024 ** 3, cores: 2 });
  const lab = { machines: [{ name: 'left' }, { name: 'right' }], gateway: {} };
  fleet = await Fleet.start({ ...nodeFleet(), budget }, lab, signal);
  await fleet.settled();
});
afterAll(() => (fleet as Fleet | undefined)?.dispose());

function station(name: string): Station {
  const found = fleet.stations.get().find((each) => each.name === name);
  if (!found) throw new Error(`${name} is not up`);
  return found;
}

async function run(name: string, script: string): Promise<string> {
  const { status, stdout, stderr } = await station(name).guest.run({ argv: ['sh', '-c', script] });
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  if (status.type !== 'exited' || status.code !== 0)
    throw new Error(`${script}: ${JSON.stringify(status)} ${text}`);
  return text.trim();
}

interface Place {
  point: CapturePoint;
  link: GuestLink;
}

/** All links of a guest with the names that a page gives them. */
async function places(machine: string, container = ''): Promise<Place[]> {
  const links = await listLinks(station(machine).guest, signal);
  return links
    .filter(({ kind }) => kind !== 'loopback')
    .map((link) => {
      const { network } = link;
      const owner = link.container !== undefined ? { container } : network !== undefined ? { network } : {};
      return { link, point: pointAt({ type: 'link', machine, ...owner, link: link.link, kind: link.kind }) };
    });
}

test('a container’s packets are seen at every point, through NAT and through the switch', async () => {
  await run('left', 'docker run -d --name web busybox sleep 600');
  const address = await run('right', 'ip -4 -o addr show eth0 | grep -o "192.168.7.[0-9]*/" | tr -d /');
  const left = await places('left', 'web');
  const kinds = left.map(({ point, link }) => `${point.name.replace(/veth\w+/, 'veth')} ${link.kind}`);
  expect(kinds.sort()).toEqual([
    'left/docker0 bridge',
    'left/eth0 card',
    'left/veth veth',
    'left/web/eth0 veth',
  ]);

  const session = new CaptureSession(
    { wire: fleet.wire, unixNs, after: (delayMs, then) => realTime().after(delayMs, then) },
    {
      ports: ['left', 'right'].map((port) => pointAt({ type: 'port', port, machine: port })),
      guests: [
        { machine: 'left', guest: station('left').guest, links: left },
        { machine: 'right', guest: station('right').guest, links: await places('right') },
      ],
    },
  );
  await session.start();
  expect(session.troubles.get()).toEqual([]);
  await run('left', `docker exec web ping -c 1 -W 3 ${address}`);
  await run('left', 'docker exec web wget -q -O - http://192.168.7.1/hello');
  await run('left', 'docker rm -f web');
  // Listening to it does not keep a namespace, nor its veth: within a second they are let go of.
  while ((await places('left')).some(({ link }) => link.kind === 'veth')) await session.read();
  await session.stop();

  const { packets, gone } = session.log.content.get();
  expect(gone).toBe(0);
  const find = (filter: string): Packet => {
    const parsed = parseFilter(filter);
    if (parsed.type === 'fault') throw new Error(parsed.fault.message);
    const found = packets.find((packet) => {
      const seenAt = session.points[packet.point]?.name ?? '';
      return parsed.test(dissect({ ...packet, seenAt }).layers);
    });
    if (!found) throw new Error(`no packet is ${filter}`);
    return found;
  };
  const way = (filter: string) =>
    pathOf(packets, session.points, find(filter)).map(({ point, packet, changes }) => {
      const told = changes
        .filter(({ what }) => !what.includes('hardware'))
        .map(({ what, from, to }) => `${what} ${from} → ${to}`);
      return `${point.name.replace(/veth\w+/, 'veth')} ${packet.direction} ${told.join('; ')}`.trim();
    });
  const inside = '172.17.0.2';
  const outside = await run('left', 'ip -4 -o addr show eth0 | grep -o "192.168.7.[0-9]*/" | tr -d /');
  expect(way('icmp.type == 8')).toEqual([
    'left/web/eth0 out',
    'left/veth in',
    'left/docker0 in',
    `left/eth0 out source ${inside} → ${outside}; time to live 64 → 63`,
    'switch/left in',
    'switch/right out',
    'right/eth0 in',
  ]);
  expect(way('icmp.type == 0 and frame.interface_name == "left/web/eth0"')).toEqual([
    'right/eth0 out',
    'switch/right in',
    'switch/left out',
    'left/eth0 in',
    `left/docker0 out destination ${outside} → ${inside}; time to live 64 → 63`,
    'left/veth out',
    'left/web/eth0 in',
  ]);
  const stream = followTcp(
    packets,
    find('http.request.method == "GET" and frame.interface_name == "left/web/eth0"'),
  );
  const said = (from: string) =>
    stream?.parts
      .filter((part) => part.from === from)
      .map(({ bytes }) => new TextDecoder().decode(bytes))
      .join('');
  expect(said('client')).toMatch(/^GET \/hello HTTP\/1.1\r\n/);
  expect(said('server')).toMatch(/^HTTP\/1.1 200 OK\r\n/);
  // What the clocks of the two machines are right to: half of the quickest answer.
  for (const { errorNs } of session.clocks()) expect(errorNs).toBeLessThan(1_000_000_000n);
  session.dispose();
  // The programs in the guests ended with it.
  expect(await run('left', 'pidof hulltap || echo none')).toBe('none');
});
