import { readFile, stat } from 'node:fs/promises';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import ts from 'typescript';
import { checkout } from '../../images/build/checkout';

/** For modules that are in no page: the checkout's TypeScript as a browser can load it, file by file, on loopback. */
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
  const source = file.endsWith('.ts') ? file : `${file}.ts`;
  if (extname(file) === '.ts' || (await isFile(source))) {
    return { type: 'text/javascript', body: compiled(await readFile(source, 'utf8')) };
  }
  return { type: types[extname(file)] ?? 'application/octet-stream', body: await readFile(file) };
}

/** Workers have no import maps, so packages are found where npm put them. */
function compiled(source: string): string {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
    },
  });
  return outputText.replaceAll(/from 'zod'/g, "from '/node_modules/zod/index.js'");
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

function closing(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
