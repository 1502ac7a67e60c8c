import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { buildImages } from '../images/build/build-images';
import { nodeParts } from '../lib/fleet/node-parts';
import { host } from '../lib/fleet/profiles';
import { type StartedMachine, startHost } from '../lib/fleet/start-machine';
import type { Guest } from '../lib/guest/guest';
import { artifactsFolder, createNodeMachine } from '../lib/machine/node-platform';
import { shareManifestSchema } from '../lib/machine/share/manifest';
import { type Bench, type Figure, atMost } from './figure';

const runs = 7;
const MiB = 1024 * 1024;
const containers = 50;
const archiveBytes = 20 * MiB;

/** What the container engine costs, asked through its own client in the guest. */
export const engine: Bench = {
  name: 'engine',
  async measure(report) {
    await buildImages();
    return [
      ...(await inTheHost(report)),
      ...(await manyContainers(report)),
      await archiveLoad(report),
      await binary(),
    ];
  },
};

/** A machine of the host profile whose engine answers. */
async function start(memoryBytes = host.memoryBytes): Promise<StartedMachine> {
  const createMachine = () => createNodeMachine({ ...host, memoryBytes });
  const started = await startHost({ ...nodeParts, createMachine }, 'cold');
  // init listens for the engine from the beginning: this answers when the engine does.
  await run(started.guest, 'docker', 'version');
  return started;
}

async function run(guest: Guest, ...argv: [string, ...string[]]): Promise<string> {
  const { status, stdout, stderr } = await guest.run({ argv });
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (status.type !== 'exited' || status.code !== 0)
    throw new Error(`${argv.join(' ')} failed: ${text(stderr)}`);
  return text(stdout);
}

/** Instructions in millions and wall clock in milliseconds of one command. */
async function cost({ machine, guest }: StartedMachine, ...argv: [string, ...string[]]) {
  const before = (await machine.readCounters()).instructions;
  const startedAt = performance.now();
  await run(guest, ...argv);
  const ms = performance.now() - startedAt;
  return { mi: ((await machine.readCounters()).instructions - before) / 1e6, ms };
}

async function repeat(
  started: StartedMachine,
  report: (text: string) => void,
  ...argv: [string, ...string[]]
) {
  const samples = [];
  await cost(started, ...argv);
  for (let index = 0; index < runs; index += 1) {
    const sample = await cost(started, ...argv);
    report(`${argv.join(' ')}: ${sample.mi.toFixed(2)} Mi, ${sample.ms.toFixed(0)} ms`);
    samples.push(sample);
  }
  return { mi: samples.map(({ mi }) => mi), ms: samples.map(({ ms }) => ms) };
}

async function inTheHost(report: (text: string) => void): Promise<Figure[]> {
  const started = await start();
  try {
    const idle = await memoryOfEngine(started.guest);
    const once = await repeat(started, report, 'docker', 'run', '--rm', 'busybox', 'true');
    for (let index = 0; index < 10; index += 1) {
      await run(started.guest, 'docker', 'run', '--detach', 'busybox', 'sleep', '3600');
    }
    const list = await repeat(started, report, 'docker', 'ps');
    return [
      {
        name: '`docker run --rm busybox true`, in the guest, warm',
        unit: 'Mi',
        samples: once.mi,
        target: atMost(14, 'Mi'),
      },
      { name: 'the same, wall, Node', unit: 'ms', samples: once.ms, target: atMost(300, 'ms') },
      { name: '`docker ps` with ten containers', unit: 'Mi', samples: list.mi, target: atMost(5, 'Mi') },
      { name: 'engine, idle RSS', unit: 'MB', samples: [idle], target: atMost(12, 'MB') },
    ];
  } finally {
    started.guest.dispose();
    started.machine.dispose();
  }
}

/** MB, from proc(5). */
async function memoryOfEngine(guest: Guest): Promise<number> {
  const status = await run(guest, 'sh', '-c', 'cat /proc/$(pidof hulld)/status');
  return (Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? NaN) * 1024) / 1e6;
}

async function manyContainers(report: (text: string) => void): Promise<Figure[]> {
  const { machine, guest } = await start(256 * MiB);
  try {
    await run(guest, 'docker', 'run', '--rm', 'busybox', 'true');
    const before = await guest.metrics();
    const startedAt = performance.now();
    for (let index = 0; index < containers; index += 1) {
      await run(guest, 'docker', 'run', '--detach', 'busybox', 'sleep', '3600');
    }
    const seconds = (performance.now() - startedAt) / 1e3;
    const running = (await run(guest, 'docker', 'ps', '--quiet')).trim().split('\n').length;
    if (running !== containers) throw new Error(`${running} of ${containers} containers run`);
    const each = (before.memoryAvailable - (await guest.metrics()).memoryAvailable) / containers / 1e6;
    report(`${containers} containers: ${seconds.toFixed(1)} s, ${each.toFixed(2)} MB each`);
    return [
      {
        name: '50 containers started one after another from one image, 256 MB machine',
        unit: 's',
        samples: [seconds],
        target: atMost(20, 's'),
      },
      { name: 'guest memory for each of them', unit: 'MB', samples: [each], target: atMost(1.2, 'MB') },
    ];
  } finally {
    guest.dispose();
    machine.dispose();
  }
}

/** `docker load` of an archive whose one layer is a file that does not compress. */
async function archiveLoad(report: (text: string) => void): Promise<Figure> {
  const { machine, guest } = await start(256 * MiB);
  try {
    const make = [
      'mkdir -p /tmp/image && cd /tmp/image',
      `head -c ${archiveBytes} /dev/urandom > data && tar cf layer.tar data && rm data`,
      'id=$(sha256sum layer.tar | cut -d" " -f1)',
      `printf '{"architecture":"386","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' $id > config.json`,
      `printf '[{"Config":"config.json","RepoTags":["big:latest"],"Layers":["layer.tar"]}]' > manifest.json`,
      'tar cf /tmp/big.tar manifest.json config.json layer.tar && rm -r /tmp/image',
    ];
    await run(guest, 'sh', '-c', make.join(' && '));
    const samples = [];
    for (let index = 0; index < 3; index += 1) {
      const startedAt = performance.now();
      await run(guest, 'docker', 'load', '--quiet', '--input', '/tmp/big.tar');
      samples.push((performance.now() - startedAt) / 1e3);
      report(`load: ${samples.at(-1)?.toFixed(1)} s`);
      await run(guest, 'docker', 'rmi', 'big');
    }
    return { name: 'load of a 20 MB image archive', unit: 's', samples, target: atMost(6, 's') };
  } finally {
    guest.dispose();
    machine.dispose();
  }
}

/** What a browser transfers for `hulld`. */
async function binary(): Promise<Figure> {
  const list = shareManifestSchema.parse(
    JSON.parse(await readFile(join(artifactsFolder, await shareFile()), 'utf8')),
  );
  const entry = list.entries.find(({ path }) => path === 'engine/hulld');
  if (entry?.type !== 'file') throw new Error('the share has no engine');
  const { size } = await stat(join(artifactsFolder, `${entry.file}.br`));
  return { name: 'engine binary, brotli', unit: 'MB', samples: [size / 1e6], target: atMost(4, 'MB') };
}

async function shareFile(): Promise<string> {
  const { artifacts } = await buildImages();
  const found = artifacts.find(({ name }) => name === 'share');
  if (!found) throw new Error('the manifest has no share: run `npm run images`');
  return found.file;
}
