import { link, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { manifestSchema } from '../../lib/machine/manifest';
import { Cache } from './cache';
import { compression } from './compression';
import { sha256 } from './digest';
import { layOut, layOutRegistry } from './layout';
import { Progress } from './progress';
import type { Publication, Step } from './step';

let folder: string;
let target: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'layout-'));
  target = join(folder, 'public');
});
afterEach(() => rm(folder, { recursive: true }));

function openCache(): Cache {
  const progress = new Progress({ write: () => true, isTTY: false }, () => 0);
  return new Cache(join(folder, 'cache'), progress, new AbortController().signal);
}

function publicationOf(content: string): Publication {
  const step: Step = {
    name: 'letters',
    inputs: async () => ({ alphabet: content }),
    build: (job) => writeFile(join(job.out, 'letters.txt'), content),
  };
  return { name: 'letters', step, file: 'letters.txt', compressed: compression(step, 'letters.txt') };
}

test('files are named by content and described by a manifest', async () => {
  const content = 'abc'.repeat(1000);
  await layOut([publicationOf(content)], [], openCache(), target);
  const manifest = manifestSchema.parse(JSON.parse(await readFile(join(target, 'manifest.json'), 'utf8')));
  const [artifact] = manifest.artifacts;
  expect(artifact).toMatchObject({
    name: 'letters',
    file: `letters.${sha256(content).slice(0, 16)}.txt`,
    bytes: 3000,
    sha256: sha256(content),
    versions: { alphabet: content },
  });
});

test('the precompressed siblings hold the same bytes', async () => {
  const content = 'abc'.repeat(1000);
  const { artifacts } = await layOut([publicationOf(content)], [], openCache(), target);
  const path = join(target, artifacts[0]?.file ?? '');
  const [plain, br, gz] = await Promise.all([path, `${path}.br`, `${path}.gz`].map((file) => readFile(file)));
  expect(plain?.toString()).toBe(content);
  expect(brotliDecompressSync(br ?? '').toString()).toBe(content);
  expect(gunzipSync(gz ?? '').toString()).toBe(content);
  expect(artifacts[0]?.compressed).toEqual({ br: br?.length, gz: gz?.length });
});

test('what an earlier build laid out is replaced', async () => {
  const [first] = (await layOut([publicationOf('old')], [], openCache(), target)).artifacts;
  const [second] = (await layOut([publicationOf('new')], [], openCache(), target)).artifacts;
  const files = await readdir(target);
  expect(files).not.toContain(first?.file);
  expect(files.sort()).toEqual(
    [second?.file, `${second?.file}.br`, `${second?.file}.gz`, 'manifest.json'].sort(),
  );
});

test('a file that was cut off is put right', async () => {
  const publication = publicationOf('abcdef');
  const [artifact] = (await layOut([publication], [], openCache(), target)).artifacts;
  const path = join(target, artifact?.file ?? '');
  await writeFile(path, 'abc');
  await layOut([publication], [], openCache(), target);
  expect(await readFile(path, 'utf8')).toBe('abcdef');
});

test('a registry is copied with its links, and what it had before is gone', async () => {
  const registry = join(folder, 'registry');
  await mkdir(join(registry, 'blobs'), { recursive: true });
  await mkdir(join(registry, 'v2'));
  await writeFile(join(registry, 'blobs/a'), 'layer');
  await link(join(registry, 'blobs/a'), join(registry, 'v2/a'));
  await mkdir(target);
  await writeFile(join(target, 'old'), 'image');
  await layOutRegistry(registry, target);
  expect((await readdir(target)).sort()).toEqual(['blobs', 'v2']);
  expect(await readFile(join(target, 'v2/a'), 'utf8')).toBe('layer');
  expect((await stat(join(target, 'v2/a'))).ino).toBe((await stat(join(target, 'blobs/a'))).ino);
});
