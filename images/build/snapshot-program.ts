// Run by the step `snapshot-host`: boots the host in a time of its own and writes it down. Arguments: a JSON file
// (`partsSchema`), and the file to write.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { until } from '../../lib/base/store';
import { host } from '../../lib/fleet/profiles';
import { connectGuest } from '../../lib/guest/connect-guest';
import { CoreMachine } from '../../lib/machine/core-machine';
import type { Manifest } from '../../lib/machine/manifest';
import { InstructionTime } from '../../lib/machine/own-time';
import type { AssetSource } from '../../lib/machine/platform';
import { sha256 } from './digest';

/** The shell has printed its prompt and everything sleeps long before. Milliseconds of the guest's own time. */
const settleMs = 2000;
/** What the machine takes for today until it is restored and told better. */
const battery = Date.UTC(2026, 0, 1);

const partsSchema = z.object({
  /** Artifact name to file. */
  artifacts: z.record(z.string(), z.string()),
  /** Folder of the files that the share lists. */
  sharedFiles: z.string(),
});

interface Parts {
  artifacts: Map<string, { path: string; bytes: Uint8Array<ArrayBuffer> }>;
  sharedFiles: string;
}

async function readParts(list: string): Promise<Parts> {
  const { artifacts, sharedFiles } = partsSchema.parse(JSON.parse(await readFile(list, 'utf8')));
  const read = Object.entries(artifacts).map(
    async ([name, path]) => [name, { path, bytes: new Uint8Array(await readFile(path)) }] as const,
  );
  return { artifacts: new Map(await Promise.all(read)), sharedFiles };
}

function assetsOf({ artifacts: parts, sharedFiles }: Parts): AssetSource {
  const manifest: Manifest = {
    version: 1,
    artifacts: [...parts].map(([name, { bytes }]) => ({
      name,
      file: name,
      bytes: bytes.length,
      sha256: sha256(bytes),
      versions: {},
    })),
  };
  const part = (name: string) => {
    const found = parts.get(name);
    if (!found) throw new Error(`no part ${name}`);
    return found;
  };
  return {
    readManifest: async () => manifest,
    read: async ({ name, file }) =>
      parts.get(name)?.bytes ?? new Uint8Array(await readFile(join(sharedFiles, file))),
    transferredBytes: () => undefined,
    compile: (_, wasm) => WebAssembly.compile(wasm),
    importModule: ({ name }) => import(pathToFileURL(part(name).path).href),
  };
}

/** The same bytes in every build. A restored machine is given real ones before anybody uses it. */
function repeatableRandom(): (bytes: Uint8Array) => void {
  let block = 0;
  return (bytes) => {
    for (let offset = 0; offset < bytes.length; offset += 32) {
      const digest = createHash('sha256').update(`twinhull snapshot ${block++}`).digest();
      bytes.set(digest.subarray(0, bytes.length - offset), offset);
    }
  };
}

const [list, target] = process.argv.slice(2);
if (list === undefined || target === undefined) throw new Error('usage: snapshot-program PARTS TARGET');

const time = new InstructionTime(battery, whenNothingIsFetched);
const fillRandom = repeatableRandom();
const machine = new CoreMachine(host, {
  now: () => time.microtick(),
  today: () => battery,
  fillRandom,
  scheduler: time,
  ownTime: time,
  assets: assetsOf(await readParts(list)),
});
/** Time stands still while a file of the share is on its way, or it would arrive earlier in one build than in another. */
function whenNothingIsFetched(next: () => void): void {
  setImmediate(() => {
    if (machine.share.get().fetching.length === 0) next();
    else
      void until(machine.share, ({ fetching }) => fetching.length === 0).then(() =>
        whenNothingIsFetched(next),
      );
  });
}

/**
 * Into the guest's cache, of which the snapshot is a copy. What runs there has read nine tenths of itself; for the rest, a
 * restored machine would fetch all of it again.
 */
async function readWhole(path: string): Promise<void> {
  const guest = await connectGuest(machine.openAgent(), {
    randomBytes: (count) => {
      const bytes = new Uint8Array(count);
      fillRandom(bytes);
      return bytes;
    },
  });
  const { status } = await guest.run({ argv: ['sh', '-c', `cat ${path} > /dev/null`] });
  guest.dispose();
  if (status.type !== 'exited' || status.code !== 0) throw new Error(`${path} cannot be read`);
}

machine.phases.subscribe((marks) => console.log(`booting the host: ${marks.at(-1)?.phase ?? 'loading'}`));
await machine.powerOn({ type: 'cold' });
const settle = () => new Promise<void>((resolve) => time.after(settleMs, resolve));
await settle();
await readWhole('/usr/bin/hulld');
await settle();
await writeFile(target, await machine.snapshot('none'));
machine.dispose();
