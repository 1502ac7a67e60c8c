import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type Disposable, DisposableStack } from '../lib/base/lifecycle';
import type { Frame } from '../lib/wire/frame';
import { dnsTypes, parseDns, writeDns } from '../lib/wire/formats/dns';
import { Gateway } from '../lib/wire/gateway/gateway';
import { Host } from '../lib/wire/gateway/host';
import { realSurroundings } from '../lib/wire/gateway/real-surroundings';
import { messageSocket, type PlainWebSocket } from '../lib/wire/gateway/uplink/web-socket';
import { isPublicAddress } from './public-addresses';
import { startUplink, type UplinkServerOptions } from './uplink';

// Much is computed here, and computers that run many tests at once are slow.
vi.setConfig({ testTimeout: 60_000 });

const origin = 'http://lab.test';
const loopback = 0x7f00_0001;
let cleanUp = new DisposableStack();
afterEach(() => {
  cleanUp.dispose();
  cleanUp = new DisposableStack();
});

/** A machine behind a gateway with an uplink to this computer, whose loopback stands for the internet. */
async function machine(rules: UplinkServerOptions['rules'], from = origin) {
  const server = await startUplink({
    host: '127.0.0.1',
    port: 0,
    origins: [origin],
    maxPages: 2,
    rules: rules ?? {},
  });
  cleanUp.defer(() => void server.close());
  const later = (deliver: () => void): Disposable => realSurroundings.after(0, deliver);
  const gateway: Gateway = cleanUp.add(
    new Gateway({
      surroundings: realSurroundings,
      send: (frame: Frame) => void later(() => host.receive(frame)),
      uplink: {
        dial: () => messageSocket(new WebSocket(server.url, { origin: from }) as unknown as PlainWebSocket),
      },
    }),
  );
  const host = new Host({
    mac: 0x0200_0000_0005,
    address: 0x0a00_0005,
    // Everything is near, and has the gateway's card.
    subnet: { address: 0, prefixLength: 0 },
    surroundings: realSurroundings,
    send: (frame) => void later(() => gateway.receive(frame)),
    tcp: () => undefined,
  });
  for (const address of [loopback, gateway.address]) host.arp.learn(address, gateway.host.options.mac, true);
  const dial = (port: number) => host.tcp.connect(host.options.address, { address: loopback, port });
  return { gateway, host, dial };
}

async function echoServer(): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => {}).pipe(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUp.defer(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function udpServer(answer: (question: Buffer) => Uint8Array): Promise<number> {
  const socket = createSocket('udp4');
  socket.on('message', (question, { port, address }) => socket.send(answer(question), port, address));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  cleanUp.defer(() => socket.close());
  return socket.address().port;
}

test('streams go through, and come back whole', async () => {
  const { dial, gateway } = await machine({ allows: () => true });
  const stream = await dial(await echoServer());
  const sent = Uint8Array.from({ length: 3_000_000 }, (_, at) => (at * 11 + (at >> 8)) & 255);
  const write = async () => {
    for (let at = 0; at < sent.length; at += 50_000) await stream.write(sent.slice(at, at + 50_000));
  };
  const written = write();
  const received: Uint8Array[] = [];
  for (let bytes = 0; bytes < sent.length;) {
    const part = await stream.read();
    if (!part) break;
    received.push(part);
    bytes += part.length;
  }
  await written;
  expect(Buffer.concat(received).equals(sent)).toBe(true);
  stream.abort('it is enough.');
  expect(gateway.counters.uplink).toMatchObject({ opened: 1, malformed: 0 });
});

test('addresses that are not of the internet are refused, and so are ports where nobody listens', async () => {
  const port = await echoServer();
  const blocked = await (await machine({})).dial(port);
  await expect(blocked.read()).rejects.toMatchObject({ code: 'tcp-reset' });
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const free = (closed.address() as AddressInfo).port;
  closed.close();
  await once(closed, 'close');
  const refused = await (await machine({ allows: () => true })).dial(free);
  await expect(refused.read()).rejects.toMatchObject({ code: 'tcp-reset' });
});

test('a page of another site is not let in', async () => {
  const { dial } = await machine({ allows: () => true }, 'http://elsewhere.test');
  await expect((await dial(await echoServer())).read()).rejects.toMatchObject({ code: 'tcp-reset' });
});

test('a page has no more streams than it may', async () => {
  const { dial } = await machine({ allows: () => true, maxStreams: 1 });
  const port = await echoServer();
  const first = await dial(port);
  await first.write(Uint8Array.of(1));
  expect(await first.read()).toEqual(Uint8Array.of(1));
  await expect((await dial(port)).read()).rejects.toMatchObject({ code: 'tcp-reset' });
});

test('datagrams go through, and names are resolved on the other side', async () => {
  const resolver = await udpServer((question) => {
    const { header } = parseDns(question);
    const [asked] = header.questions;
    return writeDns({
      ...header,
      response: true,
      answers: [
        {
          name: asked?.name ?? '',
          type: 1,
          class: 1,
          timeToLive: 9,
          data: { kind: 'address', address: 0x0102_0304 },
        },
      ],
    });
  });
  const { host, gateway } = await machine({
    allows: () => true,
    resolver: { address: '127.0.0.1', port: resolver },
  });
  const upper = await udpServer((question) => Buffer.from(question.toString().toUpperCase()));
  const answer = (port: number) =>
    new Promise<Uint8Array>((resolve) => host.bind(port, ({ payload }) => resolve(payload.slice())));
  const shouted = answer(9);
  host.sendUdp({ sourcePort: 9, destination: loopback, destinationPort: upper }, Buffer.from('hello'));
  expect(Buffer.from(await shouted).toString()).toBe('HELLO');
  const resolved = answer(10);
  const query = {
    ...parseDns(new Uint8Array(12)).header,
    id: 5,
    questions: [{ name: 'example.com', type: dnsTypes.a, class: 1 }],
  };
  host.sendUdp({ sourcePort: 10, destination: gateway.address, destinationPort: 53 }, writeDns(query));
  expect(parseDns(await resolved).header).toMatchObject({
    id: 5,
    answers: [{ name: 'example.com', data: { address: 0x0102_0304 } }],
  });
});

test('only addresses of the internet are public', () => {
  for (const address of ['8.8.8.8', '1.1.1.1', '172.32.0.1', '2606:4700::1', '2a00:1450::5'])
    expect([address, isPublicAddress(address)]).toEqual([address, true]);
  for (const address of [
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::7f00:1',
    'fe80::1',
    'fd00::1',
    'ff02::1',
    '2002:7f00:1::',
    'localhost',
    '',
  ])
    expect([address, isPublicAddress(address)]).toEqual([address, false]);
});
