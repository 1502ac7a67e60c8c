import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type NativeProgram, buildNative } from '../native';

let program: NativeProgram;
let server: ChildProcess;
let port: number;

beforeAll(async () => {
  program = await buildNative('web', 'hullweb');
  port = await freePort();
  server = spawn(program.path, [String(port)], {
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    env: { READY_FD: '3', NODE_ENV: 'test' },
  });
  const ready = server.stdio[3] as NodeJS.ReadableStream;
  await once(ready, 'data');
}, 120_000);
afterAll(() => {
  server.kill();
  program.dispose();
});

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port: free } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, 'close');
  return free;
}

/** Sends bytes as they are, closes that direction, and returns all that comes back. */
async function send(...pieces: string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const answer = text(socket);
  for (const piece of pieces) {
    await new Promise<void>((resolve) => socket.write(piece, () => resolve()));
  }
  socket.end();
  return answer;
}

const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);

test('/ says who serves, for people', async () => {
  const response = await get('/');
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(await response.text()).toContain(`process ${server.pid} here`);
});

test('/who.json says who serves, for programs', async () => {
  const response = await get('/who.json?fresh');
  expect(await response.json()).toMatchObject({
    pid: server.pid,
    hostname: hostname().replace(/[^A-Za-z0-9._-]/g, '?'),
    uptimeSeconds: expect.any(Number) as number,
  });
});

test('a request may come in pieces, and several at once', async () => {
  const answer = await send(
    'GET / HT',
    'TP/1.1\r\nHost: x\r\n\r',
    '\nHEAD / HTTP/1.1\r\n\r\nGET /no HTTP/1.1\r\n\r\n',
  );
  expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 404']);
});

test('HEAD has the length and not the body', async () => {
  const answer = await send('HEAD / HTTP/1.1\r\n\r\n');
  expect(answer).toMatch(/Content-Length: [1-9]\d*\r\n\r\n$/);
});

describe('what is not served is said with a status', () => {
  test.each([
    ['POST / HTTP/1.1\r\n\r\n', 405],
    ['GET /elsewhere HTTP/1.1\r\n\r\n', 404],
    ['GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\n', 413],
    ['GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n', 413],
    ['GET / HTTP/2.0\r\n\r\n', 505],
    ['GET /\r\n\r\n', 400],
    ['GET elsewhere HTTP/1.1\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nno colon\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\n: no name\r\n\r\n', 400],
    ['\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\nLong: ${'x'.repeat(5000)}`, 431],
  ])('%j: %i', async (request, status) => {
    expect(await send(request)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });
});

test('it closes the connection when it is asked to, and with HTTP/1.0', async () => {
  const twice = (head: string) => send(`${head}\r\n\r\nGET / HTTP/1.1\r\n\r\n`);
  expect((await twice('GET / HTTP/1.1\r\nConnection: close')).match(/HTTP\/1\.1 200/g)).toHaveLength(1);
  expect((await twice('GET / HTTP/1.0')).match(/HTTP\/1\.1 200/g)).toHaveLength(1);
});

test('silent clients up to its limit do not keep it from serving when one leaves', async () => {
  const silent = Array.from({ length: 32 }, () => connect(port, '127.0.0.1'));
  await Promise.all(silent.map((socket) => once(socket, 'connect')));
  const answer = get('/');
  silent[0]?.destroy();
  expect((await answer).status).toBe(200);
  for (const socket of silent) socket.destroy();
});

test('a port that is taken is named', async () => {
  const second = spawn(program.path, [String(port)], { stdio: ['ignore', 'ignore', 'pipe'] });
  expect(await text(second.stderr)).toBe(`hullweb: port ${port}: Address already in use\n`);
});
