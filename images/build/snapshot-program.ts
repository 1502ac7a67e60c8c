// Run by the step `snapshot-host`: boots the host in a time of its own and writes it down. Arguments: a JSON file that
// maps artifact names to files, and the file to write.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { host } from '../../lib/fleet/profiles';
import { CoreMachine } from '../../lib/machine/core-machine';
import type { Manifest } from '../../lib/machine/manifest';
import { InstructionTime } from '../../lib/machine/own-time';
import type { AssetSource } from '../../lib/machine/platform';
import { sha256 } from './digest';

/** The shell has printed its prompt and everything sleeps long before. Milliseconds of the guest's own time. */
const settleMs = 2000;
/** What the machine takes for today until it is restored and told better. */
const battery = Date.UTC(2026, 0, 1);

async function readParts(
  list: string,
): Promise<Map<string, { path: string; bytes: Uint8Array<ArrayBuffer> }>> {
  const paths = Object.entries(JSON.parse(await readFile(list, 'utf8')) as Record<string, string>);
  return new Map(
    await Promise.all(
      paths.map(
        async ([name, path]) => [name, { path, bytes: new Uint8Array(await readFile(path)) }] as const,
      ),
    ),
  );
}

function assetsOf(parts: Awaited<ReturnType<typeof readParts>>): AssetSource {
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
    read: async ({ name }) => part(name).bytes,
    transferredBytes: () => undefined,
    compile: (wasm) => WebAssembly.compile(wasm),
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

const time = new InstructionTime(battery, (next) => void setImmediate(next));
const machine = new CoreMachine(host, {
  now: () => time.microtick(),
  today: () => battery,
  fillRandom: repeatableRandom(),
  scheduler: time,
  ownTime: time,
  assets: assetsOf(await readParts(list)),
});
machine.phases.subscribe((marks) => console.log(`booting the host: ${marks.at(-1)?.phase ?? 'loading'}`));
await machine.powerOn({ type: 'cold' });
await new Promise<void>((resolve) => time.after(settleMs, resolve));
await writeFile(target, await machine.snapshot('none'));
machine.dispose();
