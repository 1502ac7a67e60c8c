import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stationOf } from './address';
import { loopbackGuest } from './guest-fixture';
import { Visitor } from './visitor';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const limitBytes = 100_000;
const pages: Record<string, Handler> = {
  '/length': (_, response) => response.end('a page'),
  '/chunks': (_, response) => {
    response.write('in ');
    response.end('chunks');
  },
  '/close': (_, response) => response.socket?.end('HTTP/1.0 200 OK\r\n\r\nuntil closed'),
  '/early': (_, response) => {
    response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
    response.end('after hints');
  },
  '/gzip': (_, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync('packed')),
  '/deflate': (_, response) =>
    response.setHeader('content-encoding', 'deflate').end(deflateSync('packed too')),
  '/bomb': (_, response) =>
    response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(5_000_000))),
  '/no-gzip': (_, response) => response.setHeader('content-encoding', 'gzip').end('not packed at all'),
  '/brotli': (_, response) => response.setHeader('content-encoding', 'br').end('?'),
  '/large': (_, response) => response.end(Buffer.alloc(limitBytes + 1)),
  '/endless': (_, response) => {
    const more = () => response.write(Buffer.alloc(100_000));
    response.on('drain', more);
    more();
  },
  '/nothing': (_, response) => response.writeHead(204).end(),
  '/echo': (request, response) =>
    void text(request).then((body) =>
      response.end(JSON.stringify({ method: request.method, headers: request.headers, body })),
    ),
  '/there': (_, response) => response.writeHead(302, { location: '/echo' }).end(),
  '/there-with-body': (_, response) => response.writeHead(307, { location: 'echo' }).end(),
  '/localhost': (request, response) =>
    response.writeHead(301, { location: `http://localhost:${request.socket.localPort}/length` }).end(),
  '/round': (_, response) => response.writeHead(302, { location: '/round' }).end(),
  '/away': (_, response) => response.writeHead(302, { location: 'http://example.com/' }).end(),
  '/secure': (_, response) => response.writeHead(302, { location: 'https://host.twinhull/' }).end(),
  '/log-in': (_, response) =>
    response
      .writeHead(303, { location: '/echo', 'set-cookie': ['session=7; HttpOnly', 'shade=dark; Path=/'] })
      .end(),
};

let server: Server;
let visitor: Visitor;
const signal = () => new AbortController().signal;
const address = () => `http://host.twinhull:${(server.address() as AddressInfo).port}`;

beforeAll(async () => {
  server = createServer((request, response) =>
    (pages[request.url ?? ''] ?? ((_, it) => it.writeHead(404).end()))(request, response),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => server.closeAllConnections());

function newVisitor() {
  const find = ({ hostname }: URL) => (stationOf(hostname) === 'host' ? { guest: loopbackGuest } : undefined);
  return new Visitor(find, () => 0);
}

async function ask(
  path: string,
  more: { method?: string; fields?: [string, string][]; body?: Uint8Array } = {},
) {
  const request = { method: 'GET', url: new URL(path, address()), fields: [], ...more };
  const answer = await visitor.ask(request, limitBytes, signal());
  return { ...answer, text: new TextDecoder().decode(answer.body) };
}

beforeAll(() => {
  visitor = newVisitor();
});

describe('bodies', () => {
  test.each([
    ['/length', 'a page'],
    ['/chunks', 'in chunks'],
    ['/close', 'until closed'],
    ['/early', 'after hints'],
    ['/gzip', 'packed'],
    ['/deflate', 'packed too'],
    ['/nothing', ''],
  ])('%s comes whole', async (path, body) => {
    expect((await ask(path)).text).toBe(body);
  });

  test('of a HEAD there is none', async () => {
    expect(await ask('/length', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  });

  test.each([
    ['/bomb', 'preview-too-large'],
    ['/large', 'preview-too-large'],
    ['/endless', 'preview-too-large'],
    ['/no-gzip', 'preview-encoding'],
    ['/brotli', 'preview-encoding'],
  ])('%s is refused', async (path, code) => {
    await expect(ask(path)).rejects.toMatchObject({ code });
  });
});

describe('requests', () => {
  test('carry their method, headers and body, and none that are not theirs', async () => {
    const fields: [string, string][] = [
      ['X-Mine', 'yes'],
      ['Host', 'evil.example'],
      ['Transfer-Encoding', 'chunked'],
    ];
    const body = new TextEncoder().encode('käse');
    const seen = JSON.parse((await ask('/echo', { method: 'PUT', fields, body })).text) as {
      method: string;
      headers: Record<string, string>;
      body: string;
    };
    expect(seen).toMatchObject({ method: 'PUT', body: 'käse' });
    expect(seen.headers).toMatchObject({
      'x-mine': 'yes',
      host: new URL(address()).host,
      'content-length': '5',
    });
    expect(seen.headers).not.toHaveProperty('transfer-encoding');
  });

  test.each([
    [{ method: 'GET / HTTP/1.1\r\nX: y\r\n\r\nGET' }],
    [{ fields: [['X', 'a\r\nY: b']] as [string, string][] }],
    [{ fields: [['X\r\nY', 'b']] as [string, string][] }],
  ])('that hold another are not sent: %j', async (more) => {
    await expect(ask('/echo', more)).rejects.toMatchObject({ code: 'preview-request' });
  });
});

describe('redirects', () => {
  test('are followed, a POST becomes a GET or stays, and localhost is the machine', async () => {
    const body = new TextEncoder().encode('a=1');
    const post = { method: 'POST', body, fields: [['Content-Type', 'text/plain']] as [string, string][] };
    const there = JSON.parse((await ask('/there', post)).text) as { headers: object };
    expect(there).toMatchObject({ method: 'GET', body: '' });
    expect(there.headers).not.toHaveProperty('content-type');
    expect(JSON.parse((await ask('/there-with-body', post)).text)).toMatchObject({
      method: 'POST',
      body: 'a=1',
    });
    expect(await ask('/localhost')).toMatchObject({ text: 'a page', isRedirected: true });
  });

  test.each([
    ['/round', 'preview-redirects'],
    ['/away', 'preview-elsewhere'],
    ['/secure', 'preview-protocol'],
  ])('%s is refused', async (path, code) => {
    await expect(ask(path)).rejects.toMatchObject({ code });
  });
});

test('cookies come back, and scripts see those that are for them', async () => {
  visitor = newVisitor();
  const { text } = await ask('/log-in');
  expect(JSON.parse(text)).toMatchObject({ headers: { cookie: 'session=7; shade=dark' } });
  expect(visitor.visibleCookies(new URL(address()))).toBe('shade=dark');
});

test('where nobody listens, and what is not HTTP, is said', async () => {
  const other = createTcpServer((socket) => socket.resume().end('220 mail.example ESMTP\r\n'));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  await expect(ask(`http://host.twinhull:${port}/`)).rejects.toMatchObject({ code: 'not-http' });
  await new Promise((resolve) => other.close(resolve));
  await expect(ask(`http://host.twinhull:${port}/`)).rejects.toMatchObject({ code: 'connect-failed' });
});

test('an abort ends a request that gets no answer', async () => {
  const silent = createTcpServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const abort = new AbortController();
  const { port } = silent.address() as AddressInfo;
  const url = new URL(`http://host.twinhull:${port}/`);
  const asked = visitor.ask({ method: 'GET', url, fields: [] }, limitBytes, abort.signal);
  silent.once('connection', () => abort.abort(new Error('enough')));
  await expect(asked).rejects.toThrow('enough');
  silent.close();
});
