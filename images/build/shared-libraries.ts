import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { run } from './command';
import type { CpioEntry } from './cpio';
import { crossPrefix } from './toolchain';

export const dynamicLinker = 'ld-linux.so.2';
const libraryFolders = ['lib/i386-linux-gnu', 'usr/lib/i386-linux-gnu', 'lib', 'usr/lib'];

/**
 * All shared libraries that programs of unpacked packages are linked with, and the dynamic linker.
 * @param root where the packages are unpacked
 * @param programs paths in it
 * @returns name to path on this computer, sorted by name
 */
export async function sharedLibraries(
  root: string,
  programs: readonly string[],
): Promise<Map<string, string>> {
  const libraries = new Map([[dynamicLinker, await findLibrary(root, dynamicLinker)]]);
  const pending = programs.map((program) => join(root, program));
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    for (const name of await neededBy(file)) {
      if (libraries.has(name)) continue;
      const path = await findLibrary(root, name);
      libraries.set(name, path);
      pending.push(path);
    }
  }
  return new Map([...libraries].sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** A program or library, as it goes into an archive or a folder. */
export async function executable(path: string, from: string): Promise<CpioEntry & { type: 'file' }> {
  return { path, mode: 0o755, type: 'file', data: await readFile(from) };
}

/** Names of the shared libraries that a program or library is linked with. */
async function neededBy(file: string): Promise<string[]> {
  const dynamic = await run([`${crossPrefix}readelf`, '-d', file]);
  return [...dynamic.matchAll(/\(NEEDED\).*\[(.+)\]/g)].flatMap((match) => match[1] ?? []);
}

async function findLibrary(root: string, name: string): Promise<string> {
  for (const folder of libraryFolders) {
    const path = join(root, folder, name);
    if ((await readdir(join(root, folder)).catch((): string[] => [])).includes(name)) {
      // Links are absolute now and then, and lead out of the unpacked tree.
      const target = await readlink(path).catch(() => undefined);
      return target === undefined ? path : join(root, folder, basename(target));
    }
  }
  throw new Error(`no package that was unpacked has ${name}`);
}
