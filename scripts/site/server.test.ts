import { mkdtemp, rm, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SiteServer, serveSite } from './server';

let folder: string;
let server: SiteServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'twinhull-site-'));
  await mkdir(join(folder, 'machine'));
  await writeFile(join(folder, 'index.html'), '<h1>home</h1><script>boot()</script>');
  await mkdir(join(folder, 'preview'));
  await writeFile(join(folder, 'preview', 'frame.html'), '<script>run()</script>');
  await writeFile(join(folder, '404.html'), 'nothing here');
  await writeFile(join(folder, 'machine', 'kernel.0123456789abcdef.bin'), 'plain');
  await writeFile(join(folder, 'machine', 'kernel.0123456789abcdef.bin.br'), brotliCompressSync('plain'));
  await writeFile(join(folder, 'machine', 'manifest.json'), '{}');
  await writeFile(join(folder, 'machine', 'gone.bin'), 'gone');
  server = await serveSite(folder);
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

test('a page carries the policy made for its own scripts', async () => {
  const response = await fetch(`${server.url}/`);
  expect(response.headers.get('content-security-policy')).toContain("'sha256-");
  expect(response.headers.get('cache-control')).toBe('no-cache');
  expect(await response.text()).toContain('home');
});

test('the frame of previews is closed off', async () => {
  const response = await fetch(`${server.url}/preview/frame.html`);
  expect(response.headers.get('content-security-policy')).toContain('sandbox allow-scripts');
  expect(response.headers.get('content-security-policy')).not.toContain("'self'");
});

test('content-named files are served precompressed and for ever, the manifest is always asked for anew', async () => {
  const kernel = await fetch(`${server.url}/machine/kernel.0123456789abcdef.bin`, {
    headers: { 'accept-encoding': 'br' },
  });
  expect(kernel.headers.get('content-encoding')).toBe('br');
  expect(kernel.headers.get('cache-control')).toContain('immutable');
  expect(await kernel.text()).toBe('plain');
  const manifest = await fetch(`${server.url}/machine/manifest.json`);
  expect(manifest.headers.get('cache-control')).toBe('no-cache');
});

test('what is not there is a 404 with a page', async () => {
  const response = await fetch(`${server.url}/nothing`);
  expect(response.status).toBe(404);
  expect(await response.text()).toBe('nothing here');
});

test('a folder without a site is refused with what to do', async () => {
  await expect(serveSite(join(folder, 'machine'))).rejects.toThrow('npm run build');
});

test('a file that is gone since the start fails its own request and nothing else', async () => {
  await rm(join(folder, 'machine', 'gone.bin'));
  await expect(fetch(`${server.url}/machine/gone.bin`).then((answer) => answer.text())).rejects.toThrow();
  expect((await fetch(`${server.url}/`)).status).toBe(200);
});
