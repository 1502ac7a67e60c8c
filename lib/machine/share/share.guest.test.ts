import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../../base/store';
import { nodeParts } from '../../fleet/node-parts';
import { host } from '../../fleet/profiles';
import { startHost } from '../../fleet/start-machine';
import { connectGuest } from '../../guest/connect-guest';
import type { Guest } from '../../guest/guest';
import { sha256 } from '../assets';
import type { Machine, PowerOn } from '../machine';
import { manifestSchema } from '../manifest';
import { artifactsFolder, createNodeMachine, folderAssets } from '../node-platform';
import type { AssetSource, StoredFile } from '../platform';
import { type ShareFile, shareManifestSchema } from './manifest';

const folder = folderAssets(artifactsFolder);
const at = '/usr/share/twinhull';

async function sharedFiles(): Promise<ShareFile[]> {
  const json = async (file: string): Promise<unknown> =>
    JSON.parse(await readFile(join(artifactsFolder, file), 'utf8'));
  const { artifacts } = manifestSchema.parse(await json('manifest.json'));
  const list = artifacts.find(({ name }) => name === host.share);
  const { entries } = shareManifestSchema.parse(await json(list?.file ?? ''));
  return entries.filter((entry) => entry.type === 'file').filter(isTool);
}

/** The engine is in the share too; it starts with the machine and reads what it likes. */
function isTool({ path }: { path: string }): boolean {
  return path.startsWith('tools/');
}

async function sharedFile(path: string): Promise<ShareFile> {
  const found = (await sharedFiles()).find((file) => file.path === path);
  if (!found) throw new Error(`the share has no ${path}`);
  return found;
}

/** The real files, and a word with whoever asks for one of the share's. */
function watched(onRead: (file: StoredFile) => Promise<void> | void): AssetSource {
  return {
    ...folder,
    read: async (file, ...rest) => {
      if (isTool({ path: file.name })) await onRead(file);
      return folder.read(file, ...rest);
    },
  };
}

const machines: Machine[] = [];
afterEach(() => {
  for (const machine of machines.splice(0)) machine.dispose();
});

async function start(assets = folder, how: PowerOn = { type: 'cold' }) {
  const machine = createNodeMachine(host, { assets });
  machines.push(machine);
  await machine.powerOn(how);
  const guest = await connectGuest(machine.openAgent());
  return { machine, guest, ...shellOf(guest) };
}

function shellOf(guest: Guest) {
  const attempt = async (script: string) => {
    const { stdout, stderr, status } = await guest.run({ argv: ['sh', '-c', script] });
    return { output: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr), status };
  };
  const sh = async (script: string) => {
    const { output, status } = await attempt(script);
    expect([status, output]).toEqual([{ type: 'exited', code: 0 }, output]);
    return output.trim();
  };
  return { attempt, sh };
}

describe('a booted host', () => {
  let machine: Machine;
  let sh: (script: string) => Promise<string>;
  let attempt: ReturnType<typeof shellOf>['attempt'];
  let fetched: string[];
  beforeEach(async () => {
    fetched = [];
    ({ machine, sh, attempt } = await start(watched(({ name }) => void fetched.push(name))));
  });

  test('has the share mounted and has fetched none of it', async () => {
    expect(await sh(`grep ${at} /proc/mounts`)).toMatch(/9p ro,nosuid,nodev,noatime/);
    expect(fetched).toEqual([]);
  });

  test('lists it, reads a file of it once, and finds every byte', async () => {
    const { sha256, bytes } = await sharedFile('tools/bin/strace');
    expect(await sh(`stat -c "%s %A" ${at}/tools/bin/strace`)).toBe(`${bytes} -rwxr-xr-x`);
    expect((await sh(`ls ${at}/tools/lib`)).split('\n')).toContain('libc.so.6');
    expect(fetched).toEqual([]);
    expect(await sh(`sha256sum < ${at}/tools/bin/strace`)).toBe(`${sha256}  -`);
    await sh(`cat ${at}/tools/bin/strace > /dev/null`);
    expect(fetched).toEqual(['tools/bin/strace']);
    expect(machine.share.get().arrivedBytes).toBeGreaterThan(bytes);
  });

  test('runs its tools, found last in PATH, linked with its libraries', async () => {
    expect(await sh('strace -e trace=getuid32 true 2>&1')).toMatch(/^getuid32\(\) += 0$/m);
    expect(await sh('ss -tln')).toContain('Local Address:Port');
    expect(await sh('nft add table ip t; nft list tables')).toMatch(/^table ip t$/m);
    expect(await sh(`${at}/tools/bin/ip -br addr show lo`)).toMatch(/^lo\s+UNKNOWN\s+127.0.0.1\/8/);
    const capture = 'tcpdump -c 1 -ni lo icmp > /tmp/seen 2> /tmp/said & ';
    const listening = 'while ! grep -q "listening on lo" /tmp/said; do :; done; ';
    expect(await sh(`${capture}${listening}ping -c 1 127.0.0.1 > /dev/null; wait; cat /tmp/seen`)).toMatch(
      /127.0.0.1 > 127.0.0.1: ICMP echo request/,
    );
  });

  test('reads all of its files at once', async () => {
    const files = await sharedFiles();
    expect(files.length).toBeGreaterThan(20);
    const sum = files.reduce((total, { bytes }) => total + bytes, 0);
    const counts = files.map(({ path }, index) => `wc -c < ${at}/${path} > /tmp/count${index} &`).join('\n');
    expect(await sh(`${counts}\nwait; cat /tmp/count* | awk '{ sum += $1 } END { print sum }'`)).toBe(
      String(sum),
    );
    expect(fetched.sort()).toEqual(files.map(({ path }) => path).sort());
  });

  test('what is not there is not there, and nothing of it can be changed', async () => {
    expect((await attempt(`cat ${at}/tools/nothing`)).output).toMatch(/No such file or directory/);
    expect((await attempt('nosuchtool')).status).toEqual({ type: 'exited', code: 127 });
    expect((await attempt(`rm ${at}/tools/bin/strace`)).output).toMatch(/Read-only file system/);
    expect((await attempt(`mount -o remount,rw ${at}; echo x > ${at}/tools/bin/strace`)).output).toMatch(
      /Read-only file system/,
    );
  });

  test('has it again after a reset', async () => {
    await sh(`ls ${at}/tools`);
    fetched.length = 0;
    await machine.reset();
    const again = shellOf(await connectGuest(machine.openAgent()));
    expect(await again.sh('strace -V | head -1')).toMatch(/^strace -- version/);
    expect(fetched).toContain('tools/bin/strace');
  });
});

test('a restored host has it, and programs from it run on', async () => {
  const { machine, guest } = await startHost(nodeParts, 'snapshot');
  machines.push(machine);
  const { sh } = shellOf(guest);
  await sh('strace -o /tmp/trace -f sh -c "while [ ! -e /tmp/stop ]; do sleep 0.1; done" & echo started');
  await sh('while ! grep -q nanosleep /tmp/trace 2> /dev/null; do :; done');
  const twin = await start(folder, { type: 'snapshot', bytes: await machine.snapshot() });
  expect(
    await twin.sh('touch /tmp/stop; while pidof strace > /dev/null; do :; done; tail -1 /tmp/trace'),
  ).toMatch(/exited with 0/);
  expect(await twin.sh(`sha256sum < ${at}/tools/bin/ss`)).toContain(
    (await sharedFile('tools/bin/ss')).sha256,
  );
});

test('a file that does not arrive is an error in the guest and a reason outside, and arrives the next time', async () => {
  let broken = true;
  const assets = watched(({ name }) => {
    if (broken && name === 'tools/bin/ss') throw new Error('404');
  });
  const { machine, sh, attempt } = await start(assets);
  expect(await attempt(`cat ${at}/tools/bin/ss`)).toMatchObject({
    output: expect.stringMatching(/I\/O error|Input\/output error/) as string,
    status: { type: 'exited', code: 1 },
  });
  expect(machine.share.get().failure).toMatchObject({
    path: 'tools/bin/ss',
    error: { code: 'asset-missing' },
  });
  broken = false;
  expect(await sh(`wc -c < ${at}/tools/bin/ss`)).toBe(String((await sharedFile('tools/bin/ss')).bytes));
  expect(machine.share.get().failure).toBeUndefined();
});

test('a file that was changed on its way is not believed', async () => {
  const assets: AssetSource = {
    ...folder,
    read: async (file, ...rest) => {
      const bytes = await folder.read(file, ...rest);
      if (file.name === 'tools/bin/ss') bytes[1000] = (bytes[1000] ?? 0) ^ 1;
      return bytes;
    },
  };
  const { machine, attempt } = await start(assets);
  expect((await attempt(`cat ${at}/tools/bin/ss | wc -c`)).output).toMatch(/error\n0|0\n.*error/s);
  expect(machine.share.get().failure).toMatchObject({ error: { code: 'asset-altered' } });
});

test('while a file is on its way the guest goes on, its reader can be killed, and a snapshot waits', async () => {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  const { machine, guest, sh } = await start(watched(() => released));
  const reader = guest.exec({ argv: ['cat', `${at}/tools/bin/ss`] });
  await until(machine.share, ({ fetching }) => fetching.includes('tools/bin/ss'));
  expect(await sh('echo awake')).toBe('awake');
  void reader.kill(9);
  expect(await reader.exit).toEqual({ type: 'signaled', signal: 9 });
  const count = guest.run({ argv: ['wc', '-c', `${at}/tools/bin/ss`] });
  await sh('while ! pidof wc > /dev/null; do :; done');
  const saving = machine.snapshot();
  release();
  const bytes = await saving;
  expect((await count).status).toEqual({ type: 'exited', code: 0 });
  const twin = await start(folder, { type: 'snapshot', bytes });
  expect(await twin.sh('bridge -V')).toMatch(/^bridge utility/);
});

/** A site whose share is empty. */
async function withoutFiles(): Promise<AssetSource> {
  const empty = new TextEncoder().encode(JSON.stringify({ version: 1, entries: [] }));
  const list = { file: 'empty', bytes: empty.length, sha256: await sha256(empty) };
  return {
    ...folder,
    readManifest: async (signal) => {
      const { version, artifacts } = manifestSchema.parse(await folder.readManifest(signal));
      const changed = artifacts.map((one) => (one.name === host.share ? { ...one, ...list } : one));
      return { version, artifacts: changed };
    },
    read: async (file, ...rest) => (file.file === list.file ? empty : folder.read(file, ...rest)),
  };
}

test('a snapshot is refused where a file that its programs use is no longer', async () => {
  const { machine, sh } = await start();
  await sh('strace -o /dev/null sleep 1000 & while ! pidof sleep > /dev/null; do :; done');
  const bytes = await machine.snapshot();
  await expect(start(await withoutFiles(), { type: 'snapshot', bytes })).rejects.toMatchObject({
    code: 'snapshot-foreign',
  });
  const twin = await start(folder, { type: 'snapshot', bytes });
  expect(await twin.sh('pidof strace')).not.toBe('');
});
