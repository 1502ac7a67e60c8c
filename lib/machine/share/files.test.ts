import { expect, test } from 'vitest';
import { ShareFiles } from './files';
import type { ShareFile } from './manifest';

const MiB = 1024 * 1024;

function fileOf(name: string, bytes = 10): ShareFile {
  return { type: 'file', path: name, mode: 0o644, bytes, sha256: name, file: name };
}

/** A source that answers when the test says so. */
function source() {
  const asked = new Map<string, { arrive(): void; fail(): void; signal: AbortSignal; progress(): void }>();
  const events: string[] = [];
  const timers = new Set<{ run(): void }>();
  const files = new ShareFiles({
    fetch: (file, signal, onBytes) =>
      new Promise((resolve, reject) => {
        asked.set(file.path, {
          arrive: () => resolve(new Uint8Array(file.bytes)),
          fail: () => reject(new Error('404')),
          progress: () => onBytes(1),
          signal,
        });
      }),
    atOnce: 4,
    scheduler: {
      after: (_, run) => {
        const timer = { run };
        timers.add(timer);
        return { dispose: () => timers.delete(timer) };
      },
    },
    events: {
      onFetching: (path) => events.push(`fetching ${path}`),
      onArrived: (path) => events.push(`arrived ${path}`),
      onFailed: (path, cause) => events.push(`failed ${path}: ${String(cause)}`),
    },
  });
  const get = (path: string) => {
    const found = asked.get(path);
    if (!found) throw new Error(`${path} was not asked for`);
    return found;
  };
  return { files, events, asked, get, passTime: () => [...timers].forEach((timer) => timer.run()), timers };
}

test('a file is fetched once, however many read it, and then is there', async () => {
  const { files, get, asked } = source();
  const readers = [1, 2].map(async () => files.read(fileOf('a')));
  get('a').arrive();
  const [one, other] = await Promise.all(readers);
  expect(one).toBe(other);
  asked.clear();
  expect(files.read(fileOf('a'))).toBe(one);
  expect(asked.size).toBe(0);
});

test('few are fetched at a time; one that fails makes room for the next', async () => {
  const { files, get, asked } = source();
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const readers = names.map(async (name) => files.read(fileOf(name)));
  expect([...asked.keys()]).toEqual(['a', 'b', 'c', 'd']);
  get('b').fail();
  await expect(readers[1]).rejects.toThrow('404');
  expect([...asked.keys()]).toEqual(['a', 'b', 'c', 'd', 'e']);
  get('a').arrive();
  await readers[0];
  expect([...asked.keys()]).toEqual(names);
});

test('what fails is told, and fetched again when it is read again', async () => {
  const { files, get, events, asked } = source();
  const first = Promise.resolve(files.read(fileOf('a')));
  get('a').fail();
  await expect(first).rejects.toThrow('404');
  expect(events).toEqual(['fetching a', 'failed a: Error: 404']);
  asked.clear();
  const second = files.read(fileOf('a'));
  get('a').arrive();
  expect(await second).toHaveLength(10);
});

test('a transfer that has stopped is given up; one that goes on is not', async () => {
  const { files, get, timers, passTime, events } = source();
  const reader = Promise.resolve(files.read(fileOf('a')));
  const [before] = timers;
  get('a').progress();
  expect(timers.size).toBe(1);
  expect([...timers]).not.toContain(before);
  passTime();
  await expect(reader).rejects.toMatchObject({ code: 'asset-missing' });
  expect(get('a').signal.aborted).toBe(true);
  expect(events.at(-1)).toMatch(/^failed a/);
  expect(timers.size).toBe(0);
});

test('what has not been read for longest is let go when there is too much', async () => {
  const { files, get, asked } = source();
  const load = async (name: string, bytes: number) => {
    asked.clear();
    const reader = files.read(fileOf(name, bytes));
    if (asked.has(name)) get(name).arrive();
    await reader;
    return asked.has(name);
  };
  await load('a', 20 * MiB);
  await load('b', 20 * MiB);
  expect(await load('a', 20 * MiB)).toBe(false);
  await load('c', 20 * MiB);
  expect(await load('a', 20 * MiB)).toBe(false);
  expect(await load('b', 20 * MiB)).toBe(true);
  // One that is larger than all that is kept is there while it is the last.
  await load('huge', 100 * MiB);
  expect(await load('huge', 100 * MiB)).toBe(false);
  expect(await load('a', 20 * MiB)).toBe(true);
});

test('the end gives up what is on its way, without a word', async () => {
  const { files, get, events } = source();
  const reader = Promise.resolve(files.read(fileOf('a')));
  files.dispose();
  await expect(reader).rejects.toThrow();
  expect(get('a').signal.aborted).toBe(true);
  expect(events).toEqual(['fetching a']);
});
