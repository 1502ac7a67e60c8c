import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { benchTools } from '../images/build/bench-tools';
import { buildImages, buildStep } from '../images/build/build-images';
import { nodeParts } from '../lib/fleet/node-parts';
import { host } from '../lib/fleet/profiles';
import { type StartedMachine, startHost } from '../lib/fleet/start-machine';
import { type Manifest, manifestSchema } from '../lib/machine/manifest';
import { artifactsFolder, createNodeMachine, folderAssets } from '../lib/machine/node-platform';
import type { AssetSource } from '../lib/machine/platform';
import { spreadOf } from '../lib/experiments/statistics';
import { type Bench, type Figure, atLeast, atMost } from './figure';

const runs = 5;
const bundle = '/tmp/bench';
const MiB = 1024 * 1024;

/** The same bundle through hullrun and Debian's crun and runc, in the same guest: instructions of one `run`. */
export const runtimes: Bench = {
  name: 'runtimes',
  async measure(report) {
    await buildImages();
    const tools = await readFile(join(await buildStep(benchTools), 'root.cpio'));
    const { machine, guest } = await bootWith(tools);
    try {
      await writeBundle(guest);
      const samples = new Map<string, number[]>();
      let first = 0;
      for (let run = 0; run <= runs; run += 1) {
        for (const runtime of ['hullrun', 'crun', 'runc']) {
          const before = (await machine.readCounters()).instructions;
          const argv = [runtime, 'run', '--bundle', bundle, `bench-${run}`] as const;
          const { status, stderr } = await guest.run({ argv });
          const instructions = ((await machine.readCounters()).instructions - before) / 1e6;
          if (status.type !== 'exited' || status.code !== 0) {
            throw new Error(`${runtime} failed: ${new TextDecoder().decode(stderr)}`);
          }
          report(`${runtime} ${instructions.toFixed(2)} Mi`);
          // The first run of each reads its program in; hullrun's also compiles the seccomp program and keeps it.
          if (run > 0) samples.set(runtime, [...(samples.get(runtime) ?? []), instructions]);
          else if (runtime === 'hullrun') first = instructions;
        }
      }
      return figures(samples, first);
    } finally {
      guest.dispose();
      machine.dispose();
    }
  },
};

function figures(samples: ReadonlyMap<string, readonly number[]>, first: number): Figure[] {
  const of = (runtime: string) => samples.get(runtime) ?? [];
  const own = spreadOf(of('hullrun'))?.median ?? NaN;
  const ratio = (runtime: string) => of(runtime).map((instructions) => instructions / own);
  return [
    {
      name: '`hullrun run` of busybox `true` with the default Docker-like config',
      unit: 'Mi',
      samples: of('hullrun'),
      target: atMost(5, 'Mi'),
    },
    { name: 'the first `hullrun run` after a boot', unit: 'Mi', samples: [first] },
    { name: 'Debian’s crun over hullrun', unit: 'x', samples: ratio('crun'), target: atLeast(4, 'x') },
    { name: 'Debian’s runc over hullrun', unit: 'x', samples: ratio('runc'), target: atLeast(12, 'x') },
  ];
}

const configSchema = z.looseObject({
  process: z.looseObject({}),
  root: z.looseObject({ path: z.string() }),
});

/** What `hullrun spec` writes, running `true` without a terminal on a root that has busybox and nothing else. */
async function writeBundle(guest: StartedMachine['guest']): Promise<void> {
  const prepared = await guest.run({
    argv: [
      'sh',
      '-ec',
      `mkdir -p ${bundle}/rootfs/bin; cp -a /bin/busybox /bin/true ${bundle}/rootfs/bin; hullrun spec --bundle ${bundle}`,
    ],
  });
  if (prepared.status.type !== 'exited' || prepared.status.code !== 0) {
    throw new Error(`no bundle: ${new TextDecoder().decode(prepared.stderr)}`);
  }
  const config = configSchema.parse(
    JSON.parse(new TextDecoder().decode(await guest.readFile(`${bundle}/config.json`))),
  );
  const changed = { ...config, process: { ...config.process, args: ['true'], terminal: false } };
  await guest.writeFile(`${bundle}/config.json`, new TextEncoder().encode(JSON.stringify(changed)));
}

/** The host with more files in its root: initramfs archives may be joined end to end. */
async function bootWith(more: Uint8Array): Promise<StartedMachine> {
  const files = folderAssets(artifactsFolder);
  const manifest = manifestSchema.parse(await files.readManifest(new AbortController().signal));
  const root = manifest.artifacts.find(({ name }) => name === host.boot.root);
  if (!root) throw new Error('the manifest has no root: run `npm run images`');
  const joined = Buffer.concat([await readFile(join(artifactsFolder, root.file)), more]);
  const changed: Manifest = {
    ...manifest,
    artifacts: manifest.artifacts.map((artifact) =>
      artifact === root
        ? { ...root, bytes: joined.length, sha256: createHash('sha256').update(joined).digest('hex') }
        : artifact,
    ),
  };
  const assets: AssetSource = {
    ...files,
    readManifest: () => Promise.resolve(changed),
    read: (artifact, signal, onBytes) =>
      artifact.name === root.name
        ? Promise.resolve(new Uint8Array(joined))
        : files.read(artifact, signal, onBytes),
  };
  // runc alone maps more than the host has.
  const profile = { ...host, memoryBytes: 256 * MiB };
  const parts = { ...nodeParts, createMachine: () => createNodeMachine(profile, { assets }) };
  return startHost(parts, 'cold');
}
