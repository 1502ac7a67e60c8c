import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Manifest, manifestSchema } from '@/lib/machine/manifest';
import { shareManifestSchema } from '@/lib/machine/share/manifest';

const folder = join(process.cwd(), 'public', 'machine');

/** The artifacts that this site is built with; `npm run images` writes them. */
export async function readManifest(): Promise<Manifest> {
  return manifestSchema.parse(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')));
}

/** What a browser transfers for these artifacts, in bytes: brotli where the artifact has a compressed sibling. */
export function sizesOf(manifest: Manifest, names: readonly string[]): number {
  return manifest.artifacts
    .filter((artifact) => names.includes(artifact.name))
    .reduce((sum, artifact) => sum + (artifact.compressed?.br ?? artifact.bytes), 0);
}

/** Fetched when somebody first types `docker`. */
export const engineClient = 'engine/hull';
/** Fetched in a cold boot; the snapshot has it. */
export const engineDaemon = 'engine/hulld';

/** The same for files of the share and their list: what a guest reads below /usr/share/twinhull is fetched then. */
export async function sizeOfShared(manifest: Manifest, ...paths: readonly string[]): Promise<number> {
  const list = manifest.artifacts.find(({ name }) => name === 'share');
  if (!list) throw new Error('the manifest names no share');
  const { entries } = shareManifestSchema.parse(JSON.parse(await readFile(join(folder, list.file), 'utf8')));
  const sizes = paths.map(async (path) => {
    const entry = entries.find((candidate) => candidate.path === path);
    if (entry?.type !== 'file') throw new Error(`the share has no file ${path}`);
    const compressed = await stat(join(folder, `${entry.file}.br`)).catch(() => undefined);
    return compressed?.size ?? entry.bytes;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, sizesOf(manifest, ['share']));
}
