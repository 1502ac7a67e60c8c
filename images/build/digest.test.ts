import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { digestSources } from './digest';

let folder: string;
let before: string;
const digest = () => digestSources(folder, ['src', 'one.c']);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'digest-'));
  await mkdir(join(folder, 'src/lib'), { recursive: true });
  await writeFile(join(folder, 'one.c'), 'one');
  await writeFile(join(folder, 'src/main.c'), 'main');
  await writeFile(join(folder, 'src/lib/a.c'), 'a');
  before = await digest();
});
afterEach(() => rm(folder, { recursive: true }));

test.each<[string, () => Promise<void>]>([
  ['a changed file', () => writeFile(join(folder, 'src/lib/a.c'), 'b')],
  ['a renamed file', () => rename(join(folder, 'src/main.c'), join(folder, 'src/start.c'))],
  ['a new file', () => writeFile(join(folder, 'src/lib/b.c'), '')],
  ['a file that became executable', () => chmod(join(folder, 'one.c'), 0o755)],
])('%s changes the digest', async (_, change) => {
  await change();
  expect(await digest()).not.toBe(before);
});

test('tests and documentation do not', async () => {
  await writeFile(join(folder, 'src/main.test.ts'), '');
  await writeFile(join(folder, 'src/README.md'), '');
  expect(await digest()).toBe(before);
});
