import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Fleet } from '../lib/fleet/fleet';
import { nodeFleet } from '../lib/fleet/node-fleet';
import { startUplink } from './uplink';

/** Above what the gateway and its client hold at once. */
const body = 'from beyond '.repeat(50_000);
const site = createServer((_, response) => response.end(body));
let uplink: Awaited<ReturnType<typeof startUplink>>;
let fleet: Fleet;

beforeAll(async () => {
  site.listen(0, '127.0.0.1');
  await once(site, 'listening');
  // No page asks here, so none says where it is from.
  uplink = await startUplink({
    host: '127.0.0.1',
    port: 0,
    origins: [''],
    maxPages: 1,
    rules: { allows: () => true },
  });
  const parts = nodeFleet();
  fleet = await Fleet.start(
    { ...parts, gateway: { ...parts.gateway, uplinkUrl: uplink.url } },
    { machines: [{ name: 'left' }], gateway: {} },
    new AbortController().signal,
  );
  await fleet.settled();
});
afterAll(async () => {
  fleet.dispose();
  await uplink.close();
  site.close();
});

test('a program in a machine reads a page beyond the uplink, whole', async () => {
  const { port } = site.address() as AddressInfo;
  // This computer's loopback stands for the internet, so it must not be the guest's own.
  const script = `
    for each in all eth0; do echo 1 > /proc/sys/net/ipv4/conf/$each/route_localnet; done
    own=$(ip -4 -o addr show eth0 | sed 's/.*inet \\([0-9.]*\\).*/\\1/')
    router=$(ip route | sed -n 's/default via \\([0-9.]*\\).*/\\1/p')
    ip addr del 127.0.0.1/8 dev lo
    ip route add 127.0.0.1 via $router dev eth0 src $own
    wget -q -O - http://127.0.0.1:${port}/ | sha256sum
    printf '${body.slice(0, 12)}%.0s' $(seq 50000) | sha256sum`;
  const guest = fleet.stations.get()[0]?.guest;
  if (!guest) throw new Error('the machine is not on the wire');
  const { status, stdout, stderr } = await guest.run({ argv: ['sh', '-ec', script] });
  const [read, expected] = new TextDecoder().decode(stdout).trim().split('\n');
  expect({ status, stderr: new TextDecoder().decode(stderr) }).toEqual({
    status: { type: 'exited', code: 0 },
    stderr: '',
  });
  expect(read).toBe(expected);
});
