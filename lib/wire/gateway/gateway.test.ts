import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { frameOf } from '../frame-header';
import { headerOf } from '../formats/http-head';
import { ntpPort, parseNtp, writeNtp } from '../formats/ntp';
import { ask, dial, TestWire } from './gateway-fixture';
import type { StaticFiles } from './registry';
import { Sha256 } from './sha256';

// Much is computed here, and computers that run many tests at once are slow.
vi.setConfig({ testTimeout: 60_000 });

const client = 0x0a00_0005;
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytesOf = (value: string) => new TextEncoder().encode(value);
const sha256 = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const blob = Uint8Array.from({ length: 300_000 }, (_, at) => (at * 7 + (at >> 8)) & 255);
const manifest = bytesOf(
  JSON.stringify({ mediaType: 'application/vnd.oci.image.manifest.v1+json', layers: [] }),
);
const folder = new Map([
  ['v2/library/nginx/manifests/latest', manifest],
  [`v2/library/nginx/manifests/${sha256(manifest)}`, manifest],
  [`v2/library/nginx/blobs/${sha256(blob)}`, blob],
  [`v2/library/nginx/blobs/sha256:${'0'.repeat(64)}`, blob],
  ['v2/library/nginx/tags/list', bytesOf('{"name":"library/nginx","tags":["latest"]}')],
]);
const registry: StaticFiles = async (path) => {
  const bytes = folder.get(path);
  return (
    bytes && {
      bytes: bytes.length,
      chunks: (async function* () {
        for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
      })(),
    }
  );
};
const at = (target: string, method = 'GET', headers: [string, string][] = []) => ({
  method,
  target,
  host: 'registry.twinhull',
  headers,
});

test('it answers pings, and tells the time', async () => {
  const wire = new TestWire();
  const host = wire.host(client);
  const pong = new Promise<number>((resolve) => (host.onEchoReply = (_, sequence) => resolve(sequence)));
  host.ping(wire.gateway.address, 7, new Uint8Array(56));
  expect(await wire.simulation.until(pong)).toBe(7);
  const time = new Promise<Uint8Array>((resolve) => host.bind(9, ({ payload }) => resolve(payload)));
  const question = parseNtp(new Uint8Array(48)).header;
  host.sendUdp(
    { sourcePort: 9, destination: wire.gateway.address, destinationPort: ntpPort },
    writeNtp({ ...question, version: 4, mode: 3, transmitTimestamp: 99n }),
  );
  const { header } = parseNtp(await wire.simulation.until(time));
  expect(header).toMatchObject({ mode: 4, stratum: 10, originTimestamp: 99n });
  expect(Number((header.transmitTimestamp >> 32n) - 2_208_988_800n)).toBe(Date.UTC(2030, 0, 1) / 1000);
});

test('the echo service says what arrived', async () => {
  const wire = new TestWire();
  const host = wire.host(client);
  const post = {
    method: 'POST',
    target: '/a?b=c',
    host: 'echo.twinhull',
    headers: [['X-Test', '1']] as const,
  };
  const answer = await ask(wire, host, { ...post, body: bytesOf('héllo') });
  const seen = JSON.parse(text(answer.bytes)) as Record<string, unknown>;
  expect(seen).toMatchObject({ method: 'POST', target: '/a?b=c', body: 'héllo', headers: { 'x-test': '1' } });
  expect(seen['peer']).toMatch(/^10\.0\.0\.5:\d+$/);
  const binary = await ask(wire, host, { ...post, body: Uint8Array.of(0, 255) });
  expect(JSON.parse(text(binary.bytes))).toMatchObject({ body: 'AP8=', encoding: 'base64' });
});

test('one connection serves several requests, chunked bodies included', async () => {
  const wire = new TestWire();
  const stream = await wire.simulation.until(dial(wire, wire.host(client)));
  const request =
    'POST / HTTP/1.1\r\nHost: echo.twinhull\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n';
  await stream.write(
    bytesOf(`${request}${request}GET / HTTP/1.1\r\nHost: nowhere\r\nConnection: close\r\n\r\n`),
  );
  let received = '';
  const read = async () => {
    for (let more = await stream.read(); more; more = await stream.read()) received += text(more);
  };
  await wire.simulation.until(read());
  expect(received.match(/HTTP\/1\.1 200 OK/g)?.length).toBe(2);
  expect(received.match(/"body": "abcde"/g)?.length).toBe(2);
  expect(received).toContain('The gateway has no site called "nowhere".');
});

test('requests that are none, or could be read in two ways, get a sentence and no second chance', async () => {
  const wire = new TestWire();
  const host = wire.host(client);
  for (const request of [
    'hello\r\n\r\n',
    'GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    'POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    'GET /%zz HTTP/1.1\r\n\r\n',
    `GET /${'a'.repeat(40_000)} HTTP/1.1\r\n\r\n`,
  ]) {
    const stream = await wire.simulation.until(dial(wire, host));
    await stream.write(bytesOf(request));
    expect(text((await wire.simulation.until(stream.read())) ?? new Uint8Array(0))).toMatch(
      /^HTTP\/1\.1 400 /,
    );
  }
  expect(wire.gateway.counters.http).toMatchObject({ malformed: 5, failed: 0 });
});

test('the registry is served as the distribution specification wants it', async () => {
  const wire = new TestWire({ registry });
  const host = wire.host(client);
  expect((await ask(wire, host, at('/v2/'))).status).toBe(200);
  const tagged = await ask(wire, host, at('/v2/library/nginx/manifests/latest'));
  expect(tagged.bytes).toEqual(manifest);
  expect(headerOf(tagged.headers, 'docker-content-digest')).toBe(sha256(manifest));
  expect(headerOf(tagged.headers, 'content-type')).toBe('application/vnd.oci.image.manifest.v1+json');
  const path = `/v2/library/nginx/blobs/${sha256(blob)}`;
  expect(sha256((await ask(wire, host, at(path))).bytes)).toBe(sha256(blob));
  const head = await ask(wire, host, at(path, 'HEAD'));
  expect(headerOf(head.headers, 'content-length')).toBe('300000');
  expect(head.bytes.length).toBe(0);
  const part = await ask(wire, host, at(path, 'GET', [['Range', 'bytes=299990-']]));
  expect(part.status).toBe(206);
  expect(part.bytes).toEqual(blob.subarray(299_990));
  expect((await ask(wire, host, at(path, 'GET', [['Range', 'bytes=300000-']]))).status).toBe(416);
  expect((await ask(wire, host, at('/v2/library/nginx/manifests/1'))).status).toBe(404);
  expect((await ask(wire, host, at('/v2/../secret/manifests/1'))).status).toBe(404);
  expect((await ask(wire, host, at('/v2/library/nginx/blobs/uploads/', 'POST'))).status).toBe(405);
});

test('a blob that is not what its name says never arrives whole', async () => {
  const wire = new TestWire({ registry });
  const host = wire.host(client);
  const wrong = ask(wire, host, at(`/v2/library/nginx/blobs/sha256:${'0'.repeat(64)}`));
  await expect(wrong).rejects.toMatchObject({ code: 'tcp-reset' });
  expect(wire.gateway.counters.registry).toMatchObject({ altered: 1 });
});

test('SHA-256 of pieces is that of the whole', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 6 }), (parts) => {
      const [ours, theirs] = [new Sha256(), createHash('sha256')];
      for (const part of parts) {
        ours.update(part);
        theirs.update(part);
      }
      expect(ours.digest()).toBe(theirs.digest('hex'));
    }),
  );
});

test('frames of any bytes do no harm', async () => {
  const wire = new TestWire({ registry });
  const host = wire.host(client);
  await ask(wire, host, at('/v2/'));
  const noise = fc.sample(fc.uint8Array({ maxLength: 200 }), 500);
  for (const [index, bytes] of noise.entries()) {
    // Half of them for the gateway, as IPv4 or ARP.
    if (index % 2 === 0 && bytes.length > 20)
      bytes.set([2, 0x54, 0x48, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, index % 4 === 0 ? 0 : 6, 0x45]);
    wire.inject(frameOf(bytes));
  }
  await wire.simulation.pass(100);
  expect((await ask(wire, host, at('/v2/'))).status).toBe(200);
});
