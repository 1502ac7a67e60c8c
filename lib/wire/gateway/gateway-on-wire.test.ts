import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { parseAddress } from '../formats/addresses';
import { fetchedFiles } from './fetched-files';
import { collect } from './http/message-reader';
import type { GatewaySettings } from './settings';
import { newLab, station } from './wire-fixture';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

const bytesOf = (text: string) => new TextEncoder().encode(text);

test('it answers on the switch, as long as it is plugged in', async () => {
  const lab = await newLab({ subnet: '192.168.7.0/24', mac: '02:00:00:00:07:01' });
  const { get } = await station(lab, '192.168.7.5', { subnet: '192.168.7.0/24' });
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
  const lab = await newLab(
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
  const { wire } = await newLab();
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
  await expect(wire.setNames('router', { 'no spaces': '10.0.0.7' })).rejects.toThrow('names.no spaces');
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
