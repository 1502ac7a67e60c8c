import { expect, test } from 'vitest';
import { ShareDevice } from './device';
import type { ShareFile } from './manifest';
import { type Response, errno, parseResponse, writeRequest } from './messages';
import { ShareTree } from './tree';

const file: ShareFile = { type: 'file', path: 'a', mode: 0o644, bytes: 3, sha256: '0'.repeat(64), file: 'a' };
const content = Uint8Array.of(1, 2, 3);

/** A device whose file arrives when the test says so, and a driver that has opened it as fid 1. */
function opened() {
  const arrivals: (() => void)[] = [];
  const replies: [number, Response][] = [];
  const device = new ShareDevice({
    tree: () => new ShareTree([file]),
    read: () => new Promise((resolve) => arrivals.push(() => resolve(content))),
  });
  const virtio = { pci_id: 0, isr_status: 0, reset: () => {}, set_state: (_state: unknown) => {} };
  const surface = { virtio, get_state: (): unknown[] => [], set_state: (_state: unknown[]) => {} };
  device.attachTo(surface);
  const send = (tag: number, request: Parameters<typeof writeRequest>[1]) =>
    device.handle(writeRequest(tag, request), (message) => {
      const { tag: answered, message: response } = parseResponse(message);
      replies.push([answered, response]);
    });
  send(0xffff, { type: 'version', msize: 8192, version: '9P2000.L' });
  send(0, { type: 'attach', fid: 0, afid: 0xffffffff, user: '', tree: '', uid: 0 });
  send(0, { type: 'walk', fid: 0, newFid: 1, names: ['a'] });
  send(0, { type: 'open', fid: 1, flags: 0 });
  expect(replies.map(([, { type }]) => type)).toEqual(['version', 'attach', 'walk', 'open']);
  replies.length = 0;
  const arrive = async () => {
    for (const one of arrivals.splice(0)) one();
    await new Promise((resolve) => setImmediate(resolve));
  };
  const read = (tag: number) => send(tag, { type: 'read', fid: 1, offset: 0n, count: 10 });
  return { device, surface, send, read, arrive, replies };
}

const data: Response = { type: 'read', data: content };
const interrupted: Response = { type: 'error', errno: errno.EINTR };

test('what is slow does not hold up what is not', async () => {
  const { send, read, arrive, replies } = opened();
  read(1);
  send(2, { type: 'statfs', fid: 1 });
  expect(replies.map(([tag]) => tag)).toEqual([2]);
  await arrive();
  expect(replies[1]).toEqual([1, data]);
});

test('a request whose process was killed is answered before the flush, and never again', async () => {
  const { send, read, arrive, replies } = opened();
  read(1);
  send(2, { type: 'flush', oldTag: 1 });
  expect(replies).toEqual([
    [1, interrupted],
    [2, { type: 'flush' }],
  ]);
  await arrive();
  expect(replies).toHaveLength(2);
});

test('what a killed process still reads does not wait either; the next reader does', async () => {
  const { send, read, arrive, replies } = opened();
  read(1);
  send(2, { type: 'flush', oldTag: 1 });
  replies.length = 0;
  read(1);
  expect(replies).toEqual([[1, interrupted]]);
  read(2);
  await arrive();
  expect(replies[1]).toEqual([2, data]);
});

test('a new session gets none of the answers of the one before', async () => {
  const { send, read, arrive, replies } = opened();
  read(1);
  send(0xffff, { type: 'version', msize: 8192, version: '9P2000.L' });
  await arrive();
  expect(replies.map(([tag, { type }]) => [tag, type])).toEqual([
    [1, 'error'],
    [0xffff, 'version'],
  ]);
});

test('nothing is written into the buffers of a driver that has reset the device', async () => {
  const { surface, read, arrive, replies } = opened();
  read(1);
  surface.virtio.reset();
  await arrive();
  expect(replies).toEqual([]);
  read(1);
  expect(replies).toEqual([[1, { type: 'error', errno: errno.EBADF }]]);
});

test('it is quiet when all is answered', async () => {
  const { device, read, arrive } = opened();
  await device.quiet();
  read(1);
  let isQuiet = false;
  const quiet = device.quiet().then(() => (isQuiet = true));
  await Promise.resolve();
  expect(isQuiet).toBe(false);
  await arrive();
  await quiet;
});

test('what it saves is plain data, without a byte of a file, and opens the same files elsewhere', async () => {
  const { surface } = opened();
  const [, ...saved] = surface.get_state();
  const text = JSON.stringify(saved);
  expect(JSON.parse(text)).toEqual(saved);
  expect(text.length).toBeLessThan(100);
  const other = opened();
  other.surface.virtio.reset();
  other.surface.set_state([undefined, ...saved]);
  other.read(7);
  await other.arrive();
  expect(other.replies).toEqual([[7, data]]);
});

test('a driver whose buffers are nowhere harms nobody else', () => {
  const { device, read, replies, send } = opened();
  const clunk = writeRequest(3, { type: 'clunk', fid: 0 });
  device.handle(clunk, () => {
    throw new RangeError('offset is out of bounds');
  });
  read(1);
  send(2, { type: 'statfs', fid: 1 });
  expect(replies.map(([tag]) => tag)).toEqual([2]);
});

test('bytes that are no message get an error where they show a tag, and silence where not', () => {
  const { device } = opened();
  const replies: Response[] = [];
  const reply = (message: Uint8Array) => replies.push(parseResponse(message).message);
  device.handle(Uint8Array.of(9, 0, 0, 0, 116, 5, 0, 1), reply);
  device.handle(Uint8Array.of(9, 0, 0), reply);
  expect(replies).toEqual([{ type: 'error', errno: errno.EPROTO }]);
});
