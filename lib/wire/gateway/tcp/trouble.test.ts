import { createHash } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { frameOf } from '../../frame-header';
import { writeEthernet } from '../../formats/ethernet';
import { writeIpv4 } from '../../formats/ipv4';
import { tcpFlags, writeTcp } from '../../formats/tcp';
import type { ByteStream } from '../byte-stream';
import { dial, TestWire } from '../gateway-fixture';
import { defaultTcpSettings } from './settings';

// Much is computed here, and computers that run many tests at once are slow.
vi.setConfig({ testTimeout: 60_000 });

/** Small, so that little data fills them. */
const bufferBytes = 65_536;
const client = 0x0a00_0005;
const big = Uint8Array.from({ length: 400_000 }, (_, at) => (at * 13 + (at >> 9)) & 255);
const name = `sha256:${createHash('sha256').update(big).digest('hex')}`;
const path = `v2/big/blobs/${name}`;

function wireWithBlob(): TestWire {
  return new TestWire({
    tcpSettings: { sendBufferBytes: bufferBytes, receiveBufferBytes: bufferBytes },
    registry: async (asked) =>
      asked === path
        ? {
            bytes: big.length,
            chunks: (async function* () {
              for (let at = 0; at < big.length; at += 65_536) yield big.subarray(at, at + 65_536);
            })(),
          }
        : undefined,
  });
}

const request = new TextEncoder().encode(
  `GET /${path} HTTP/1.1\r\nHost: registry.twinhull\r\nConnection: close\r\n\r\n`,
);

/** The digest of a response's body. */
async function receive(stream: ByteStream): Promise<string> {
  const hash = createHash('sha256');
  let head = '';
  for (let bytes = await stream.read(); bytes; bytes = await stream.read()) {
    if (head.includes('\r\n\r\n')) {
      hash.update(bytes);
      continue;
    }
    const before = head.length;
    head += String.fromCharCode(...bytes.subarray(0, 2048));
    const end = head.indexOf('\r\n\r\n');
    if (end >= 0) hash.update(bytes.subarray(end + 4 - before));
  }
  return `sha256:${hash.digest('hex')}`;
}

test('a transfer survives a link that is cut for 30 s', async () => {
  const wire = wireWithBlob();
  wire.delayMs = 5;
  const stream = await wire.simulation.until(dial(wire, wire.host(client)));
  await stream.write(request);
  const received = receive(stream);
  await wire.simulation.pass(60);
  wire.isCut = true;
  await wire.simulation.pass(30_000);
  wire.isCut = false;
  expect(await wire.simulation.until(received)).toBe(name);
});

test('a link that stays cut ends the transfer with a reason, at both ends, and leaves nothing behind', async () => {
  const wire = wireWithBlob();
  wire.delayMs = 5;
  const host = wire.host(client);
  const stream = await wire.simulation.until(dial(wire, host));
  await stream.write(request);
  const received = receive(stream);
  received.catch(() => {});
  await wire.simulation.pass(60);
  wire.isCut = true;
  await expect(wire.simulation.until(received)).rejects.toMatchObject({
    code: 'tcp-timeout',
    message: expect.stringMatching(/^10\.0\.0\.1:80 has acknowledged nothing for \d+ s\.$/) as unknown,
  });
  await wire.simulation.pass(600_000);
  expect([wire.gateway.host.tcp.size, host.tcp.size]).toEqual([0, 0]);
  expect(wire.gateway.counters.host.tcp.failed).toBe(1);
});

test('a peer that never reads holds a window of bytes, and is given up', async () => {
  const wire = wireWithBlob();
  const stream = await wire.simulation.until(dial(wire, wire.host(client)));
  await stream.write(request);
  await wire.simulation.pass(10_000);
  const [connection] = wire.gateway.host.tcp.list();
  const held = connection?.sender.queue.length ?? Infinity;
  expect(held).toBeLessThanOrEqual(bufferBytes + 65_536);
  expect(wire.gateway.counters.registry?.bytes).toBeLessThan(big.length);
  await wire.simulation.pass(900_000);
  expect(wire.gateway.host.tcp.size).toBe(0);
  expect(wire.gateway.counters.host.tcp.failed).toBe(1);
});

test('one that stopped reading for a minute gets the rest', async () => {
  const wire = wireWithBlob();
  const stream = await wire.simulation.until(dial(wire, wire.host(client)));
  await stream.write(request);
  await wire.simulation.pass(60_000);
  expect(await wire.simulation.until(receive(stream))).toBe(name);
});

function syn(source: number, port: number, destinationPort = 80, checksum = true): Uint8Array {
  const addresses = { source, destination: 0x0a00_0001 };
  const segment = writeTcp(
    {
      sourcePort: port,
      destinationPort,
      sequenceNumber: port * 7,
      acknowledgmentNumber: 0,
      flags: tcpFlags.syn,
      window: 1000,
      urgentPointer: 0,
      options: { maximumSegmentSize: 1460 },
    },
    new Uint8Array(0),
    addresses,
  );
  if (!checksum) segment[16] = (segment[16] ?? 0) ^ 1;
  const packet = writeIpv4({ protocol: 6, ...addresses }, segment);
  return writeEthernet(
    { destination: 0x0254_4800_0001, source: 0x0200_0000_00ff, tags: [], etherType: 0x800 },
    packet,
  );
}

test('a flood of SYNs fills a backlog and no more, and others still get in', async () => {
  const wire = wireWithBlob();
  const host = wire.host(client);
  for (let round = 0; round < 20; round++) {
    for (let number = 0; number < 100; number++)
      wire.inject(frameOf(syn(0x0a00_0010 + (number % 200), 1000 + round * 100 + number)));
    await wire.simulation.pass(1);
    expect(wire.gateway.host.tcp.size).toBeLessThanOrEqual(defaultTcpSettings.maxHalfOpen);
  }
  expect(wire.gateway.counters.host.tcp.halfOpenDropped).toBe(2000 - defaultTcpSettings.maxHalfOpen);
  const stream = await wire.simulation.until(dial(wire, host));
  await stream.write(request);
  expect(await wire.simulation.until(receive(stream))).toBe(name);
  await wire.simulation.pass(600_000);
  expect(wire.gateway.host.tcp.size).toBe(0);
});

test('segments with a wrong checksum, from elsewhere or for closed ports do nothing but count', async () => {
  const wire = wireWithBlob();
  const host = wire.host(client);
  wire.inject(frameOf(syn(0x0a00_0010, 1, 80, false)));
  wire.inject(frameOf(syn(0xc0a8_0001, 1)));
  wire.inject(frameOf(syn(0x0a00_0010, 1, 81)));
  await wire.simulation.pass(10);
  expect(wire.gateway.host.tcp.size).toBe(0);
  expect(wire.gateway.counters.host).toMatchObject({ badChecksums: 1, tcp: { refused: 1 } });
  await expect(wire.simulation.until(dial(wire, host, 81))).rejects.toMatchObject({ code: 'tcp-refused' });
});

test('nobody there is told in the end, and a call can be cancelled', async () => {
  const wire = wireWithBlob();
  const host = wire.host(client);
  const call = (address: number, signal?: AbortSignal) =>
    wire.simulation.until(host.tcp.connect(client, { address, port: 80 }, signal));
  await expect(call(0x0a00_0063)).rejects.toMatchObject({ code: 'tcp-timeout' });
  const abort = new AbortController();
  const cancelled = call(0x0a00_0063, abort.signal);
  abort.abort(new Error('enough'));
  await expect(cancelled).rejects.toThrow('enough');
  expect(host.tcp.size).toBe(0);
});

test('either side may end first, and the other goes on', async () => {
  const wire = new TestWire();
  const host = wire.host(client, (_, port) =>
    port === 7
      ? async (stream) => {
          const first = await stream.read();
          expect(await stream.read()).toBeUndefined();
          await stream.write(first ?? new Uint8Array(0));
          stream.end();
        }
      : undefined,
  );
  const { gateway, simulation } = wire;
  const stream = await simulation.until(
    gateway.host.tcp.connect(gateway.address, { address: host.options.address, port: 7 }),
  );
  await stream.write(Uint8Array.of(1, 2, 3));
  stream.end();
  await expect(stream.write(Uint8Array.of(4))).rejects.toMatchObject({ code: 'tcp-aborted' });
  expect(await simulation.until(stream.read())).toEqual(Uint8Array.of(1, 2, 3));
  expect(await simulation.until(stream.read())).toBeUndefined();
  expect(gateway.host.tcp.list().map(({ state }) => state)).toEqual(['time-wait']);
  await simulation.pass(defaultTcpSettings.timeWaitMs);
  expect([gateway.host.tcp.size, host.tcp.size]).toEqual([0, 0]);
});

test('a machine that is switched off is noticed', async () => {
  const wire = new TestWire();
  const host = wire.host(client, () => async (stream) => {
    await stream.read();
  });
  const { gateway, simulation } = wire;
  const stream = await simulation.until(
    gateway.host.tcp.connect(gateway.address, { address: host.options.address, port: 7 }),
  );
  wire.isCut = true;
  await expect(simulation.until(stream.read())).rejects.toMatchObject({ code: 'tcp-timeout' });
  expect(gateway.host.tcp.size).toBe(0);
});
