import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { host } from '../../lib/fleet/profiles';
import { parseSnapshot, writeSnapshot } from '../../lib/machine/snapshot-file';
import { hostRoot } from '../profiles/host';
import { bootShare } from '../profiles/share';
import { checkout } from './checkout';
import { run } from './command';
import { installDebianPackages } from './debian-packages';
import { digestSources } from './digest';
import { emulator } from './emulator';
import { firmware } from './firmware';
import { kernel } from './kernel';
import type { Step } from './step';

/** Artifact name to where its file comes from. */
const parts = [
  { name: 'v86', step: emulator, file: 'libv86.mjs' },
  { name: 'v86-wasm', step: emulator, file: 'v86.wasm' },
  { name: 'bios', step: firmware, file: 'bios.bin' },
  { name: 'vgabios', step: firmware, file: 'vgabios.bin' },
  { name: host.boot.kernel, step: kernel, file: 'kernel.bin' },
  { name: host.boot.root, step: hostRoot, file: 'root.cpio' },
  { name: host.share, step: bootShare.list, file: 'share.json' },
] as const;

/** What decides how the machine runs there and how a snapshot is written; not what other places do with machines. */
const machineSources = [
  'agent-port',
  'core-machine',
  'emulator',
  'emulator-state',
  'guest-memory',
  'instruction-log',
  'machine-run',
  'network-card',
  'own-time',
  'snapshot-file',
  'snapshot-payload',
  'share/attributes',
  'share/codec',
  'share/content',
  'share/device',
  'share/fids',
  'share/files',
  'share/messages',
  'share/server',
  'share/tree',
  'shared-interrupts',
  'split-virtqueue',
  'v86-start',
  'virtio-net',
  'wide-timer',
].map((name) => `lib/machine/${name}.ts`);
const guestSources = ['connect-guest', 'frame', 'guest-channel', 'messages', 'session'].map(
  (name) => `lib/guest/${name}.ts`,
);

/** The best that unpacks within 8 MiB, which the new machine finds beside its memory. */
const zstdLevel = '-19';

/** The host, booted and at its prompt. The boot runs in a process of its own, which has this step's clock for its own. */
export const snapshotHost: Step = {
  name: 'snapshot-host',
  needs: [...new Set(parts.map(({ step }) => step)), bootShare.files],
  inputs: async () => ({
    profile: `${host.memoryBytes} ${host.boot.commandLine} ${host.share}`,
    zstd: `${await zstdVersion()} ${zstdLevel}`,
    program: await digestSources(checkout, [
      'images/build/snapshot-program.ts',
      ...machineSources,
      ...guestSources,
    ]),
  }),
  async build(job) {
    job.progress('booting the host');
    const artifacts = Object.fromEntries(
      parts.map(({ name, step, file }) => [name, join(job.outputOf(step), file)]),
    );
    const list = join(job.scratch, 'parts.json');
    const sharedFiles = join(job.outputOf(bootShare.files), 'files');
    await writeFile(list, JSON.stringify({ artifacts, sharedFiles }));
    const program = join(checkout, 'images/build/snapshot-program.ts');
    const unpacked = join(job.scratch, 'unpacked.snapshot');
    await run([process.execPath, '--import', 'tsx', program, list, unpacked], {
      cwd: checkout,
      signal: job.signal,
      onLine: (line) => job.progress(line),
    });
    const { header, payload } = parseSnapshot(await readFile(unpacked));
    job.progress(`zstd of ${(payload.length / 1e6).toFixed(1)} MB`);
    const [plain, packed] = [join(job.scratch, 'payload'), join(job.scratch, 'payload.zst')];
    await writeFile(plain, payload);
    await run(['zstd', '-q', zstdLevel, plain, '-o', packed], { signal: job.signal });
    const file = writeSnapshot({ ...header, packing: 'zstd' }, await readFile(packed));
    await writeFile(join(job.out, 'host.snapshot'), file);
  },
};

async function zstdVersion(): Promise<string> {
  await installDebianPackages(['zstd'], 'The guest images');
  return run(['zstd', '--version']);
}
