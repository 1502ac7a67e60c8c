import { chmod, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CpioEntry } from './cpio';

/**
 * The files, folders and links under a folder, as they go into an archive. Plain modes are 0755 or 0644, whatever the
 * umask was.
 */
export async function readTree(folder: string, modes: 'plain' | 'exact' = 'plain'): Promise<CpioEntry[]> {
  const entries: CpioEntry[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const full = join(entry.parentPath, entry.name);
    const path = full.slice(folder.length + 1);
    const exact = entry.isSymbolicLink() || modes === 'plain' ? undefined : (await stat(full)).mode & 0o7777;
    if (entry.isDirectory()) entries.push({ path, mode: exact ?? 0o755, type: 'directory' });
    else if (entry.isSymbolicLink()) {
      entries.push({ path, mode: 0o777, type: 'symlink', target: await readlink(full) });
    } else if (entry.isFile()) {
      const executable = ((await stat(full)).mode & 0o100) !== 0;
      const mode = exact ?? (executable ? 0o755 : 0o644);
      entries.push({ path, mode, type: 'file', data: await readFile(full) });
    } else throw new Error(`${full} is neither file, folder nor link`);
  }
  return entries;
}

/** Lays trees over each other. Folders merge, with the later one's mode; anything else may be given once only. */
export function mergeTrees(...trees: readonly (readonly CpioEntry[])[]): CpioEntry[] {
  const merged = new Map<string, CpioEntry>();
  for (const entry of trees.flat()) {
    const there = merged.get(entry.path);
    if (there && (there.type !== 'directory' || entry.type !== 'directory')) {
      throw new Error(`/${entry.path} is given twice`);
    }
    merged.set(entry.path, entry);
  }
  for (const path of [...merged.keys()]) {
    for (const parent of parentsOf(path)) {
      if (!merged.has(parent)) merged.set(parent, { path: parent, mode: 0o755, type: 'directory' });
    }
  }
  return [...merged.values()];
}

/** Makes the files, folders and links of a tree in a folder, with their modes. */
export async function writeTree(folder: string, tree: readonly CpioEntry[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const entry of [...tree].sort((one, other) => (one.path < other.path ? -1 : 1))) {
    const path = join(folder, entry.path);
    if (entry.type === 'symlink') await symlink(entry.target, path);
    else if (entry.type === 'character-device') throw new Error(`${entry.path} cannot be made here`);
    else {
      if (entry.type === 'directory') await mkdir(path);
      else await writeFile(path, entry.data);
      await chmod(path, entry.mode);
    }
  }
}

/** The same tree below a folder. */
export function under(folder: string, tree: readonly CpioEntry[]): CpioEntry[] {
  return tree.map((entry) => ({ ...entry, path: `${folder}/${entry.path}` }));
}

function parentsOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}
