import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { shareManifestSchema } from '../../lib/machine/share/manifest';
import { Cache } from './cache';
import { sha256 } from './digest';
import { layOut } from './layout';
import { Progress } from './progress';
import { shareCompression, shareFiles, shareList } from './share';
import type { Step } from './step';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'share-'))));
afterEach(() => rm(folder, { recursive: true }));

function openCache(name = 'cache'): Cache {
  const progress = new Progress({ write: () => true, isTTY: false }, () => 0);
  return new Cache(join(folder, name), progress, new AbortController().signal);
}

/** A step whose output is these files; a content that begins with -> makes a link. */
function treeOf(files: Record<string, string>): Step {
  return {
    name: 'tree',
    inputs: async () => files,
    async build(job) {
      for (const [path, content] of Object.entries(files)) {
        const full = join(job.out, path);
        await mkdir(dirname(full), { recursive: true });
        if (content.startsWith('->')) await symlink(content.slice(2), full);
        else await writeFile(full, content);
      }
    },
  };
}

async function listOf(part: Step, cache = openCache()) {
  const { folder: output } = await cache.output(shareList('share', [part]));
  return shareManifestSchema.parse(JSON.parse(await readFile(join(output, 'share.json'), 'utf8'))).entries;
}

const text = 'abc'.repeat(1000);

test('files are listed with what a machine checks, and laid out under names of their content', async () => {
  const part = shareFiles({
    folder: 'tools',
    tree: treeOf({ 'bin/a': text, 'lib/b': '->../bin/a' }),
    kind: 'files',
  });
  const file = `a.${sha256(text).slice(0, 16)}.bin`;
  expect(await listOf(part)).toEqual([
    { type: 'file', path: 'tools/bin/a', mode: 0o644, bytes: 3000, sha256: sha256(text), file },
    { type: 'symlink', path: 'tools/lib/b', target: '../bin/a' },
  ]);
  const target = join(folder, 'public');
  await layOut(
    [],
    [{ step: part, folder: 'files', compressed: shareCompression(part) }],
    openCache(),
    target,
  );
  expect((await readdir(target)).sort()).toEqual([file, `${file}.br`, `${file}.gz`, 'manifest.json'].sort());
  expect(brotliDecompressSync(await readFile(join(target, `${file}.br`))).toString()).toBe(text);
});

test('what compressing gains nothing from has no siblings', async () => {
  const noise = Array.from({ length: 100 }, (_, index) => sha256(String(index)).slice(0, 2)).join('');
  const part = shareFiles({ folder: 'x', tree: treeOf({ short: 'a', noise }), kind: 'files' });
  const packed = await openCache().output(shareCompression(part));
  expect((await readdir(packed.folder)).filter((name) => name.startsWith('short'))).toEqual([]);
});

test('a registry’s blobs are fetched from where the registry has them, whatever they are called', async () => {
  const digest = sha256(text);
  const part = shareFiles({
    folder: 'registry',
    tree: treeOf({
      [`blobs/sha256/${digest}`]: text,
      [`v2/library/x/blobs/sha256:${digest}`]: text,
      'v2/_catalog': '{}',
    }),
    kind: 'registry',
  });
  const files = Object.fromEntries(
    (await listOf(part)).map((entry) => [entry.path, entry.type === 'file' ? entry.file : '']),
  );
  expect(files).toEqual({
    [`registry/blobs/sha256/${digest}`]: `../registry/blobs/sha256/${digest}`,
    [`registry/v2/library/x/blobs/sha256:${digest}`]: `../registry/blobs/sha256/${digest}`,
    'registry/v2/_catalog': `_catalog.${sha256('{}').slice(0, 16)}.bin`,
  });
  expect(await readdir(join((await openCache().output(part)).folder, 'files'))).toHaveLength(1);
});

test('two builds give the same list', async () => {
  const part = () => shareFiles({ folder: 't', tree: treeOf({ b: '1', a: '2', 'c/d': '3' }), kind: 'files' });
  expect(await listOf(part(), openCache('one'))).toEqual(await listOf(part(), openCache('other')));
});
