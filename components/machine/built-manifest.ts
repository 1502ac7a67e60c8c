import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Manifest, manifestSchema } from '@/lib/machine/manifest';

/** The manifest of the images that the site is being built with, for sizes on buttons; undefined when none are built. */
export async function readBuiltManifest(): Promise<Manifest | undefined> {
  const json = await readFile(join(process.cwd(), 'public/machine/manifest.json'), 'utf8').catch(
    () => undefined,
  );
  return json === undefined ? undefined : manifestSchema.parse(JSON.parse(json));
}
