import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CpioEntry } from './cpio';
import { mergeTrees, readTree, under, writeTree } from './tree';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tree-'));
});
afterEach(() => rm(folder, { recursive: true }));

const text = (path: string, mode = 0o644): CpioEntry => ({
  path,
  mode,
  type: 'file',
  data: new Uint8Array(),
});
const directory = (path: string, mode = 0o755): CpioEntry => ({ path, mode, type: 'directory' });

test('what is written is read back with its exact modes', async () => {
  const tree: CpioEntry[] = [
    directory('tmp', 0o1777),
    text('tmp/secret', 0o600),
    { path: 'tmp/link', mode: 0o777, type: 'symlink', target: 'secret' },
  ];
  await writeTree(join(folder, 'made'), tree);
  const read = await readTree(join(folder, 'made'), 'exact');
  const byPath = (one: CpioEntry, other: CpioEntry) => (one.path < other.path ? -1 : 1);
  const plain = (entry: CpioEntry) => (entry.type === 'file' ? { ...entry, data: [...entry.data] } : entry);
  expect(read.sort(byPath).map(plain)).toEqual(tree.sort(byPath).map(plain));
});

test('modes become 0755 or 0644, whatever the umask was', async () => {
  await mkdir(join(folder, 'bin'), { mode: 0o700 });
  await writeFile(join(folder, 'bin/run'), '', { mode: 0o700 });
  await writeFile(join(folder, 'notes'), '', { mode: 0o600 });
  await chmod(join(folder, 'notes'), 0o660);
  await symlink('run', join(folder, 'bin/go'));
  const tree = new Map((await readTree(folder)).map((entry) => [entry.path, entry]));
  expect(tree.get('bin')).toMatchObject({ type: 'directory', mode: 0o755 });
  expect(tree.get('bin/run')).toMatchObject({ type: 'file', mode: 0o755 });
  expect(tree.get('notes')).toMatchObject({ type: 'file', mode: 0o644 });
  expect(tree.get('bin/go')).toMatchObject({ type: 'symlink', target: 'run' });
});

describe('mergeTrees', () => {
  test('folders merge, with the later mode', () => {
    const merged = mergeTrees([directory('tmp'), text('tmp/a')], [directory('tmp', 0o1777), text('tmp/b')]);
    expect(merged.map((entry) => entry.path).sort()).toEqual(['tmp', 'tmp/a', 'tmp/b']);
    expect(merged.find((entry) => entry.path === 'tmp')).toMatchObject({ mode: 0o1777 });
  });

  test('folders that nobody named are there all the same', () => {
    expect(mergeTrees([text('usr/lib/x')]).map((entry) => entry.path)).toContain('usr/lib');
  });

  test.each([
    ['two files', [text('a')], [text('a')]],
    ['a file and a folder', [text('a')], [directory('a')]],
  ])('%s of one name are refused', (_, first, second) => {
    expect(() => mergeTrees(first, second)).toThrow('/a is given twice');
  });
});

test('a tree can lie below a folder', () => {
  expect(under('rootfs', [text('etc/hosts')])).toMatchObject([{ path: 'rootfs/etc/hosts' }]);
});
