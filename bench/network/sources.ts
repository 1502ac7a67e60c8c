import { readFile } from 'node:fs/promises';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { checkout } from '../../images/build/checkout';
import { bundle } from './bundle';

/** For modules that are in no page: the checkout's files on loopback, a module of TypeScript with all that it imports. */
export async function serveSources(
  files: Readonly<Record<string, Uint8Array>>,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    answer(path, files).then(
      ({ type, body }) => response.writeHead(200, { 'Content-Type': type }).end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => closing(server) };
}

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

async function answer(path: string, files: Readonly<Record<string, Uint8Array>>) {
  if (path === '/') return { type: 'text/html', body: '<!doctype html><title>Network</title>' };
  const given = files[path];
  if (given) return { type: 'application/octet-stream', body: given };
  const file = join(checkout, normalize(path));
  if (extname(file) === '.ts')
    return { type: 'text/javascript', body: await bundle(path.slice(1), 'esm', urlOf) };
  return { type: types[extname(file)] ?? 'application/octet-stream', body: await readFile(file) };
}

const urlOf = (path: string) => `new URL(${JSON.stringify(`/${path}`)}, location.origin).href`;

function closing(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
