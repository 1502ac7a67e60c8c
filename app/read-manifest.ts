import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Manifest, manifestSchema } from '@/lib/machine/manifest';

/** The artifacts that this site is built with; `npm run images` writes them. */
export async function readManifest(): Promise<Manifest> {
  const path = join(process.cwd(), 'public', 'machine', 'manifest.json');
  return manifestSchema.parse(JSON.parse(await readFile(path, 'utf8')));
}

/** What a browser transfers for these artifacts, in bytes: brotli where the artifact has a compressed sibling. */
export function sizesOf(manifest: Manifest, names: readonly string[]): number {
  return manifest.artifacts
    .filter((artifact) => names.includes(artifact.name))
    .reduce((sum, artifact) => sum + (artifact.compressed?.br ?? artifact.bytes), 0);
}
