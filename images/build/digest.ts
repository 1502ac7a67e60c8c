import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Files that do not change what is built. */
const ignored = /(?:^|\/)(?:.*\.test\.ts|.*_test\.go|.*\.md|\..*)$/;

/** One digest over the names, modes and contents of files, and of all files in folders. Paths relative to `root`. */
export async function digestSources(root: string, paths: readonly string[]): Promise<string> {
  const files = (await Promise.all(paths.map((path) => filesUnder(root, path)))).flat().sort();
  const hash = createHash('sha256');
  for (const file of files) {
    const executable = ((await stat(join(root, file))).mode & 0o100) !== 0;
    hash.update(`${file}\0${executable ? 'x' : '-'}\0${sha256(await readFile(join(root, file)))}\n`);
  }
  return hash.digest('hex').slice(0, 16);
}

async function filesUnder(root: string, path: string): Promise<string[]> {
  if ((await stat(join(root, path))).isFile()) return [path];
  const entries = await readdir(join(root, path), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter((file) => !ignored.test(file));
}
