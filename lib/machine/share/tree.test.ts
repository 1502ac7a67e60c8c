import { expect, test } from 'vitest';
import { type ShareEntry, shareManifestSchema } from './manifest';
import { ShareTree, rootQid } from './tree';

const file = (path: string, sha256 = '0'.repeat(64)): ShareEntry => ({
  type: 'file',
  path,
  mode: 0o644,
  bytes: 1,
  sha256,
  file: 'x.bin',
});

test('folders are those that the paths name', () => {
  const tree = new ShareTree([file('b/c/d'), file('a')]);
  expect([...tree.root.children.keys()]).toEqual(['a', 'b']);
  expect(tree.find('b/c')?.type).toBe('directory');
  expect(tree.find('b/c/d')?.type).toBe('file');
  expect(tree.find('c')).toBeUndefined();
  expect(tree.root.qid).toEqual(rootQid);
});

test('a qid is of a path and a content, and the same in every build', () => {
  const qid = (...entries: ShareEntry[]) => new ShareTree(entries).find('a')?.qid.path;
  expect(qid(file('a'))).toBe(qid(file('a'), file('b')));
  expect(qid(file('a'))).not.toBe(qid(file('a', '1'.repeat(64))));
  expect(
    new Set(
      [file('a'), file('b'), file('c/a')].map(({ path }) => new ShareTree([file(path)]).find(path)?.qid.path),
    ).size,
  ).toBe(3);
});

test('entries that are in each other’s way are refused', () => {
  expect(() => new ShareTree([file('a'), file('a')])).toThrow('a is given twice');
  expect(() => new ShareTree([file('a'), file('a/b')])).toThrow('a is a file');
});

test.each(['', '/a', 'a/', 'a//b', '../a', 'a/./b', 'a/\0', `a/${'b'.repeat(256)}`])(
  'a list of files with the path %j is refused',
  (path) => {
    expect(shareManifestSchema.safeParse({ version: 1, entries: [file('a')] }).success).toBe(true);
    expect(shareManifestSchema.safeParse({ version: 1, entries: [file(path)] }).success).toBe(false);
  },
);
