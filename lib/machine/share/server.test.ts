import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { Reader } from './codec';
import type { ShareEntry, ShareFile } from './manifest';
import { type Request, type Response, directoryEntry, errno } from './messages';
import type { Soon } from './promptly';
import { ShareServer, messageLimit } from './server';
import { ShareTree } from './tree';

const noFile = 0xffffffff;
const content = Uint8Array.from({ length: 10_000 }, (_, index) => index % 251);

function file(path: string, sha256 = 'a'.repeat(64)): ShareFile {
  return { type: 'file', path, mode: 0o755, bytes: content.length, sha256, file: 'x.bin' };
}

const entries: ShareEntry[] = [
  file('tools/bin/strace'),
  file('tools/lib/libc.so.6'),
  { type: 'symlink', path: 'tools/lib/libc.so', target: 'libc.so.6' },
];

let tree: ShareTree;
let server: ShareServer;
beforeEach(() => {
  tree = new ShareTree(entries);
  server = new ShareServer({ tree: () => tree, read: () => content });
});

/** For a server whose content is there: everything is answered at once. */
function ask(request: Request): Response {
  const response = server.answer(request);
  if (response instanceof Promise) throw new Error(`${request.type} is not answered at once`);
  return response;
}
const attach = () => ask({ type: 'attach', fid: 0, afid: noFile, user: 'root', tree: '', uid: 0 });
const walk = (newFid: number, path: string) =>
  ask({ type: 'walk', fid: 0, newFid, names: path.split('/').filter((name) => name !== '') });
const open = (fid: number, flags = 0) => ask({ type: 'open', fid, flags });
const read = (fid: number, offset: number, count: number) => {
  const response = ask({ type: 'read', fid, offset: BigInt(offset), count });
  return response.type === 'read' ? response.data : response;
};
const refused = (number: number): Response => ({ type: 'error', errno: number });

test('a mount is answered before anything is known of the files', () => {
  const fetched: string[] = [];
  const never = (what: string): Soon<never> => {
    fetched.push(what);
    return new Promise<never>(() => {});
  };
  server = new ShareServer({ tree: () => never('tree'), read: () => never('file') });
  expect(ask({ type: 'version', msize: 131_096, version: '9P2000.L' })).toEqual({
    type: 'version',
    msize: 131_096,
    version: '9P2000.L',
  });
  expect(attach().type).toBe('attach');
  expect(ask({ type: 'getattr', fid: 0, mask: 0x7ffn })).toMatchObject({ mode: 0o040755 });
  expect(ask({ type: 'statfs', fid: 0 })).toMatchObject({ blocks: 0n });
  expect(ask({ type: 'walk', fid: 0, newFid: 1, names: [] })).toEqual({ type: 'walk', qids: [] });
  expect(fetched).toEqual([]);
  expect(server.answer({ type: 'walk', fid: 0, newFid: 2, names: ['tools'] })).toBeInstanceOf(Promise);
  expect(fetched).toEqual(['tree']);
});

describe('a session', () => {
  beforeEach(() => {
    ask({ type: 'version', msize: 8192, version: '9P2000.L' });
    attach();
  });

  test('another protocol is named unknown, and messages are no longer than both sides can take', () => {
    expect(ask({ type: 'version', msize: 2 ** 31, version: '9P2000.u' })).toEqual({
      type: 'version',
      msize: messageLimit,
      version: 'unknown',
    });
    expect(ask({ type: 'version', msize: 100, version: '9P2000.L' })).toEqual(refused(errno.EINVAL));
  });

  test('walks down, up, and as far as there is something', () => {
    expect(walk(1, 'tools/bin/strace')).toMatchObject({
      qids: [{ type: 0x80 }, { type: 0x80 }, { type: 0 }],
    });
    expect(walk(2, 'tools/bin/../../..')).toMatchObject({ type: 'walk' });
    expect(ask({ type: 'getattr', fid: 2, mask: 0n })).toMatchObject({ qid: tree.root.qid });
    expect(walk(3, 'nothing')).toEqual(refused(errno.ENOENT));
    expect(walk(3, 'tools/nothing/there')).toMatchObject({ qids: [{ type: 0x80 }] });
    expect(ask({ type: 'getattr', fid: 3, mask: 0n })).toEqual(refused(errno.EBADF));
    expect(ask({ type: 'walk', fid: 1, newFid: 4, names: ['x'] })).toEqual(refused(errno.ENOTDIR));
    expect(walk(1, 'tools')).toEqual(refused(errno.EBADF));
  });

  test('reads what is asked for, at most a message, nothing behind the end', () => {
    walk(1, 'tools/bin/strace');
    expect(read(1, 0, 10)).toEqual(refused(errno.EBADF));
    expect(open(1)).toMatchObject({ type: 'open' });
    expect(read(1, 9_990, 100)).toEqual(content.subarray(9_990));
    expect(read(1, 10_000, 100)).toEqual(new Uint8Array(0));
    expect(ask({ type: 'read', fid: 1, offset: 2n ** 64n - 1n, count: 1 })).toMatchObject({
      data: new Uint8Array(0),
    });
    expect(read(1, 0, 0xffffffff)).toEqual(content.subarray(0, 8192 - 11));
  });

  test('lists a folder in as many messages as it takes', () => {
    walk(1, 'tools/lib');
    open(1, 0o200000);
    const names: string[] = [];
    let offset = 0n;
    for (;;) {
      const response = ask({ type: 'readdir', fid: 1, offset, count: 60 });
      if (response.type !== 'readdir') throw new Error(response.type);
      if (response.entries.length === 0) break;
      expect(response.entries.length).toBeLessThanOrEqual(60);
      const from = new Reader(response.entries);
      while (from.left > 0) {
        const entry = directoryEntry.read(from);
        names.push(entry.name);
        offset = entry.offset;
      }
    }
    expect(names).toEqual(['.', '..', 'libc.so', 'libc.so.6']);
  });

  test('changes nothing', () => {
    walk(1, 'tools/bin/strace');
    expect(open(1, 1)).toEqual(refused(errno.EROFS));
    expect(open(1, 0o1000)).toEqual(refused(errno.EROFS));
    expect(ask({ type: 'change' })).toEqual(refused(errno.EROFS));
    expect(ask({ type: 'unknown' })).toEqual(refused(errno.EOPNOTSUPP));
    expect(ask({ type: 'remove', fid: 1 })).toEqual(refused(errno.EROFS));
    expect(ask({ type: 'clunk', fid: 1 })).toEqual(refused(errno.EBADF));
  });

  test('a link leads where it says; nothing else is one', () => {
    walk(1, 'tools/lib/libc.so');
    expect(ask({ type: 'readlink', fid: 1 })).toEqual({ type: 'readlink', target: 'libc.so.6' });
    expect(open(1)).toEqual(refused(errno.EINVAL));
    expect(ask({ type: 'readlink', fid: 0 })).toEqual(refused(errno.EINVAL));
  });

  test('fids and open files are bounded, and a closed one makes room', () => {
    let count = 0;
    while (walk(count + 1, 'tools/bin/strace').type === 'walk') count += 1;
    expect(count).toBe(16_383);
    expect(walk(count + 1, '')).toEqual(refused(errno.ENFILE));
    let opened = 0;
    while (open(opened + 1).type === 'open') opened += 1;
    expect(opened).toBe(1024);
    expect(open(opened + 1)).toEqual(refused(errno.EMFILE));
    ask({ type: 'clunk', fid: 1 });
    expect(open(opened + 1).type).toBe('open');
    expect(walk(count + 1, '').type).toBe('walk');
  });

  test('a file that does not arrive is an input/output error, and may arrive the next time', async () => {
    let arrives = false;
    server = new ShareServer({
      tree: () => tree,
      read: () => (arrives ? content : Promise.reject(new Error('404'))),
    });
    attach();
    walk(1, 'tools/bin/strace');
    open(1);
    expect(await server.answer({ type: 'read', fid: 1, offset: 0n, count: 5 })).toEqual(refused(errno.EIO));
    arrives = true;
    expect(read(1, 0, 5)).toEqual(content.subarray(0, 5));
  });

  test('a restored guest reads on, unless the file is another by now', async () => {
    walk(1, 'tools/bin/strace');
    open(1);
    walk(2, 'tools/lib/libc.so.6');
    open(2);
    const saved = JSON.parse(JSON.stringify(server.save())) as [unknown, unknown];
    const changed = new ShareTree([file('tools/bin/strace'), file('tools/lib/libc.so.6', 'b'.repeat(64))]);
    server = new ShareServer({ tree: () => changed, read: () => content });
    server.restore(...saved);
    expect(read(1, 0, 0xffff)).toEqual(content.subarray(0, 8192 - 11));
    expect(read(2, 0, 1)).toEqual(refused(errno.ESTALE));
    expect(await server.changedFile()).toBe('tools/lib/libc.so.6');
    ask({ type: 'clunk', fid: 2 });
    expect(await server.changedFile()).toBeUndefined();
    expect(walk(3, 'tools/lib/libc.so')).toMatchObject({ qids: [{}, {}] });
  });

  test.each([
    [8192, 'fids'],
    [8192, [[1, 'tools']]],
    [8192, [[1, 'tools', 0, 'not hexadecimal', false]]],
    [0, []],
    [2 ** 40, []],
  ])('a snapshot with %j and %j is refused', (messageBytes, fids) => {
    expect(() => server.restore(messageBytes, fids)).toThrow();
  });
});

test('whatever is asked in whatever order is answered, and nothing but errors comes of nonsense', async () => {
  const fid = fc.integer({ min: 0, max: 3 });
  const name = fc.constantFrom('tools', 'bin', 'strace', 'lib', 'libc.so', '..', '.', '', 'x/y', '\0');
  const offset = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const count = fc.integer({ min: 0, max: 0xffffffff });
  const request: fc.Arbitrary<Request> = fc.oneof(
    fc.record({
      type: fc.constant('walk' as const),
      fid,
      newFid: fid,
      names: fc.array(name, { maxLength: 4 }),
    }),
    fc.record({ type: fc.constant('open' as const), fid, flags: fc.constantFrom(0, 1, 0o200000) }),
    fc.record({ type: fc.constant('read' as const), fid, offset, count }),
    fc.record({ type: fc.constant('readdir' as const), fid, offset, count }),
    fc.record({ type: fc.constant('getattr' as const), fid, mask: offset }),
    fc.record({ type: fc.constantFrom('clunk' as const, 'remove' as const), fid }),
    fc.record({ type: fc.constantFrom('readlink' as const, 'statfs' as const), fid }),
    fc.record({
      type: fc.constant('version' as const),
      msize: count,
      version: fc.constantFrom('9P2000.L', '9P2000'),
    }),
    fc.record({
      type: fc.constant('attach' as const),
      fid,
      afid: fid,
      user: name,
      tree: name,
      uid: count,
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(request, { maxLength: 40 }), fc.boolean(), async (conversation, slow) => {
      const soon = <T>(value: T): Soon<T> => (slow ? Promise.resolve(value) : value);
      const asked = new ShareServer({ tree: () => soon(tree), read: () => soon(content) });
      for (const one of conversation) {
        const response = await asked.answer(one);
        if (response.type !== 'error') {
          expect(response.type).toBe(one.type);
        }
      }
    }),
  );
});
