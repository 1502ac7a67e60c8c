import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { CoreWire } from '../core-wire';
import { allOffloads } from '../frame-port';
import { parseAddress, parseSubnet } from '../formats/addresses';
import { seededRandom } from '../seeded-random';
import { fetchedFiles } from './fetched-files';
import { Host } from './host';
import { httpRequest } from './http/http-client';
import { collect } from './http/message-reader';
import type { Outside } from './outside';
import type { GatewaySettings } from './settings';
import { Simulation } from './simulation';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** A wire in simulated time, whose gateway is at port `router`. */
async function newWire(settings: GatewaySettings = {}, outside?: Outside) {
  const simulation = new Simulation();
  const wire = new CoreWire({
    time: simulation,
    random: seededRandom(1),
    unixNs: () => BigInt(Math.round(simulation.unixMs())) * 1_000_000n,
    ...(outside && { outside }),
  });
  ends.push(() => wire.dispose());
  await wire.addSwitch('office');
  await wire.addPort({ switch: 'office', port: 'router' });
  await wire.addGateway('router', settings);
  return { simulation, wire };
}

/** A station with an address given by hand. */
async function station(
  { wire, simulation }: { wire: CoreWire; simulation: Simulation },
  address: string,
  subnet = '10.0.0.0/24',
) {
  await wire.addPort({ switch: 'office', port: address });
  const own = parseAddress(address) ?? 0;
  const host: Host = new Host({
    mac: 0x0200_0000_0000 + own,
    address: own,
    subnet: parseSubnet(subnet) ?? { address: 0, prefixLength: 0 },
    surroundings: simulation,
    send: (frame) => send(frame),
    tcp: () => undefined,
  });
  const send = wire.connect(address, { receive: (frame) => host.receive(frame), offloads: allOffloads });
  /** The status and text that the gateway answers. */
  const get = async (site: string, target = '/') => {
    const dialled = host.tcp.connect(own, { address: host.options.subnet.address + 1, port: 80 });
    const response = await httpRequest(await dialled, { method: 'GET', host: site, target });
    return `${response.status} ${new TextDecoder().decode(await collect(response.body, 1e6))}`;
  };
  return { host, get };
}

test('it answers on the switch, as long as it is plugged in', async () => {
  const lab = await newWire({ subnet: '192.168.7.0/24', mac: '02:00:00:00:07:01' });
  const { get } = await station(lab, '192.168.7.5', '192.168.7.0/24');
  expect(await lab.simulation.until(get('echo.twinhull'))).toContain('"peer": "192.168.7.5:');
  expect(await lab.wire.readGateway('router')).toMatchObject({
    address: '192.168.7.1',
    subnet: '192.168.7.0/24',
    mac: '02:00:00:00:07:01',
    leases: [],
    counters: { http: { requests: 1, malformed: 0 } },
  });
  expect(await lab.wire.readPorts()).toMatchObject([
    { name: 'router', peer: { type: 'gateway' }, carrier: true },
    { peer: { type: 'card' } },
  ]);
  await lab.wire.removeGateway('router');
  expect(await lab.wire.readPorts()).toMatchObject([{ name: 'router', peer: { type: 'nothing' } }, {}]);
  await expect(lab.simulation.until(get('echo.twinhull'))).rejects.toMatchObject({
    message: expect.stringContaining('192.168.7.1') as string,
  });
  await expect(lab.wire.readGateway('router')).rejects.toMatchObject({ code: 'no-gateway' });
});

test('what its settings name by URLs is fetched when it is asked for', async () => {
  const asked: string[] = [];
  const lab = await newWire(
    { registryUrl: 'https://lab.example.org/registry/', uplinkUrl: 'wss://lab.example.org/uplink' },
    {
      files: (folder) => async (path) => {
        asked.push(folder + path);
        return {
          chunks: (async function* () {
            yield bytesOf('{"repositories":[]}');
          })(),
        };
      },
      dial: (url) => {
        asked.push(url);
        return { send() {}, close() {}, onOpen() {}, onMessage() {}, onClose: (listener) => listener() };
      },
    },
  );
  expect(asked).toEqual([]);
  const { host, get } = await station(lab, '10.0.0.5');
  expect(await lab.simulation.until(get('registry.twinhull', '/v2/_catalog'))).toBe(
    '200 {"repositories":[]}',
  );
  host.sendUdp(
    { sourcePort: 9, destination: parseAddress('10.0.0.1') ?? 0, destinationPort: 53 },
    // A question for the address of example.org.
    Uint8Array.from([
      0,
      1,
      1,
      0,
      0,
      1,
      0,
      0,
      0,
      0,
      0,
      0,
      7,
      ...bytesOf('example'),
      3,
      ...bytesOf('org'),
      0,
      0,
      1,
      0,
      1,
    ]),
  );
  await lab.simulation.pass(10);
  expect(asked).toEqual(['https://lab.example.org/registry/v2/_catalog', 'wss://lab.example.org/uplink']);
});

test('settings that make no sense are refused with the field, and change nothing', async () => {
  const { wire } = await newWire();
  for (const [settings, words] of [
    [{ subnet: '10.0.0.0/30' }, 'subnet: must be a network from /16 to /28'],
    [{ mac: 'router' }, 'mac: must be like'],
    [{ names: { 'no spaces': '10.0.0.7' } }, 'names.no spaces'],
    [{ leaseSeconds: 0 }, 'leaseSeconds'],
    [{ registryUrl: '/registry/' }, 'registryUrl: must be an absolute URL'],
    [{ uplinkUrl: 'https://lab.example.org' }, 'uplinkUrl: must be an absolute URL'],
    [{ color: 'red' }, 'color'],
    [{ registryUrl: 'https://lab.example.org/' }, 'there is nothing outside of this wire'],
  ] as const)
    await expect(wire.addGateway('router', settings as GatewaySettings)).rejects.toThrow(words);
  await expect(wire.addGateway('nowhere')).rejects.toMatchObject({ code: 'unknown-name' });
  expect(await wire.readGateway('router')).toMatchObject({ subnet: '10.0.0.0/24' });
});

test('files come from a web server as they are, compressed on the way or not', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/registry/plain') response.writeHead(200, { 'Content-Length': 5 }).end('plain');
    else if (request.url === '/registry/packed') {
      const packed = brotliCompressSync('packed');
      response.writeHead(200, { 'Content-Encoding': 'br', 'Content-Length': packed.length }).end(packed);
    } else response.writeHead(request.url === '/registry/broken' ? 503 : 404).end('no');
  });
  ends.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const files = fetchedFiles(`http://127.0.0.1:${port}/registry`, (url, options) => fetch(url, options));
  const read = async (path: string) => {
    const file = await files(path, new AbortController().signal);
    return file && [file.bytes, new TextDecoder().decode(await collect(file.chunks, 100))];
  };
  expect(await read('plain')).toEqual([5, 'plain']);
  expect(await read('packed')).toEqual([undefined, 'packed']);
  expect(await read('missing')).toBeUndefined();
  await expect(read('broken')).rejects.toMatchObject({ code: 'registry-unreachable' });
});
