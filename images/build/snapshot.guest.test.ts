import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { host } from '../../lib/fleet/profiles';
import { manifestSchema } from '../../lib/machine/manifest';
import { artifactsFolder } from '../../lib/machine/node-platform';
import { checkout } from './checkout';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'twinhull-snapshot-'))));
afterAll(() => rm(folder, { recursive: true }));

async function build(name: string): Promise<Buffer> {
  const { artifacts } = manifestSchema.parse(
    JSON.parse(await readFile(join(artifactsFolder, 'manifest.json'), 'utf8')),
  );
  const wanted = ['v86', 'v86-wasm', 'bios', 'vgabios', host.boot.kernel, host.boot.root, host.share];
  const parts = artifacts.filter((artifact) => wanted.includes(artifact.name));
  const list = join(folder, 'parts.json');
  await writeFile(
    list,
    JSON.stringify({
      artifacts: Object.fromEntries(parts.map(({ name, file }) => [name, join(artifactsFolder, file)])),
      sharedFiles: artifactsFolder,
    }),
  );
  const program = join(checkout, 'images/build/snapshot-program.ts');
  const target = join(folder, name);
  await promisify(execFile)(process.execPath, ['--import', 'tsx', program, list, target], { cwd: checkout });
  return readFile(target);
}

it('boots the host twice to the same bytes', async () => {
  const first = await build('first');
  const second = await build('second');
  expect(first.length).toBeGreaterThan(1024 * 1024);
  expect(second.equals(first)).toBe(true);
});
