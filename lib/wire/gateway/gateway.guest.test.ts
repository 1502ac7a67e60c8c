import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { joinWire } from '../../fleet/join-wire';
import { nodeParts } from '../../fleet/node-parts';
import { startHost, type StartedMachine } from '../../fleet/start-machine';
import type { CoreWire } from '../core-wire';
import { createNodeWire } from '../node-wire';

const folder = join(import.meta.dirname, '../../../public/registry');

let started: StartedMachine;
let wire: CoreWire;

beforeAll(async () => {
  started = await startHost(nodeParts, 'snapshot');
  const { port1, port2 } = new MessageChannel();
  wire = createNodeWire();
  await wire.addSwitch('office');
  await wire.addPort({ switch: 'office', port: 'router' });
  await wire.addGateway('router', { registryUrl: pathToFileURL(folder).href });
  await wire.addPort({ switch: 'office', port: 'left' });
  await wire.attach('left', port2);
  await joinWire(started, nodeParts, port1, 'left');
});

afterAll(() => {
  wire.dispose();
  started.machine.dispose();
});

async function run(...argv: [string, ...string[]]): Promise<string> {
  const { status, stdout, stderr } = await started.guest.run({ argv });
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  expect({ status, text }).toMatchObject({ status: { type: 'exited', code: 0 } });
  return text;
}

test('a machine has a lease, and a name that it can be found by', async () => {
  expect(await wire.readGateway('router')).toMatchObject({
    leases: [{ address: '10.0.0.10', hostName: 'left' }],
  });
  expect(await run('ip', '-4', 'addr', 'show', 'eth0')).toContain('10.0.0.10/24');
  expect(await run('nslookup', 'left.twinhull')).toContain('10.0.0.10');
  expect(await run('cat', '/etc/resolv.conf')).toBe('search twinhull\nnameserver 10.0.0.1\n');
});

test('it reaches the gateway by name', async () => {
  expect(await run('ping', '-c', '2', '-W', '2', 'gateway.twinhull')).toContain('2 packets received');
  const seen = JSON.parse(
    await run('wget', '-q', '-O', '-', '--post-data', 'abc', 'http://echo.twinhull/x?y'),
  ) as unknown;
  expect(seen).toMatchObject({ method: 'POST', target: '/x?y', body: 'abc' });
});

test('a blob of the registry arrives as it is', async () => {
  const manifest = JSON.parse(
    await readFile(join(folder, 'v2/library/busybox/manifests/latest'), 'utf8'),
  ) as {
    layers: { digest: string }[];
  };
  const [layer] = manifest.layers;
  const url = `http://registry.twinhull/v2/library/busybox/blobs/${layer?.digest}`;
  expect(await run('sh', '-c', `wget -q -O - ${url} | sha256sum`)).toContain(layer?.digest.slice(7));
});

test('its services are asked over the wire, as soon as they listen', async () => {
  const until = { status: 200, everyMs: 20 };
  const answer = wire.fetchHttp('router', { address: '10.0.0.10', port: 8000, until });
  const reply = 'HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nguest';
  const request = await run('sh', '-c', `printf '${reply}' | nc -l -p 8000`);
  const { status, body } = await answer;
  expect([status, new TextDecoder().decode(body)]).toEqual([200, 'guest']);
  expect(request).toMatch(/^GET \/ HTTP\/1\.1\r\nHost: 10\.0\.0\.10:8000\r\n/);
});
