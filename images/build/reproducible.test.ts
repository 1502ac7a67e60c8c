import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hostRoot } from '../profiles/host';
import { webRoot } from '../profiles/web';
import { Cache } from './cache';
import { sha256 } from './digest';
import { Progress } from './progress';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reproducible-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A cache of its own is a build from nothing, in a folder of another name. */
async function buildFromNothing(name: string): Promise<string[]> {
  const progress = new Progress({ write: () => true, isTTY: false }, () => 0);
  const cache = new Cache(join(folder, name), progress, new AbortController().signal);
  const digests: string[] = [];
  for (const root of [hostRoot, webRoot]) {
    digests.push(sha256(await readFile(join((await cache.output(root)).folder, 'root.cpio'))));
  }
  return digests;
}

test('two builds of the root file systems give the same bytes', async () => {
  const first = await buildFromNothing('first');
  expect(await buildFromNothing('second')).toEqual(first);
}, 300_000);
