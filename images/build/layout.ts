import { copyFile, link, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, relative } from 'node:path';
import type { Artifact, Manifest } from '../../lib/machine/manifest';
import type { Cache } from './cache';
import { sha256 } from './digest';
import type { FilesPublication, Publication } from './step';

const siblings = ['br', 'gz'] as const;

/**
 * Makes `folder` hold the publications and their manifest, and nothing else. Files are named by content and the
 * manifest is replaced last, so that a page loaded meanwhile sees the old set or the new one.
 */
export async function layOut(
  publications: readonly Publication[],
  files: readonly FilesPublication[],
  cache: Cache,
  folder: string,
): Promise<Manifest> {
  await mkdir(folder, { recursive: true });
  const wanted = new Set(['manifest.json']);
  for (const publication of files) {
    for (const name of await placeFiles(publication, cache, folder)) wanted.add(name);
  }
  const artifacts: Artifact[] = [];
  for (const publication of publications) artifacts.push(await place(publication, cache, folder));
  const manifest: Manifest = { version: 1, artifacts };
  await replaceFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const { file, compressed } of artifacts) {
    wanted.add(file);
    if (compressed) for (const sibling of siblings) wanted.add(`${file}.${sibling}`);
  }
  for (const entry of await readdir(folder)) {
    if (!wanted.has(entry)) await rm(join(folder, entry), { recursive: true, force: true });
  }
  return manifest;
}

/** Makes `folder` a copy of a registry. Its files have several names each, and keep them without taking room twice. */
export async function layOutRegistry(registry: string, folder: string): Promise<void> {
  const work = temporary(folder);
  await rm(work, { recursive: true, force: true });
  const copies = new Map<number, string>();
  for (const entry of await readdir(registry, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const from = join(entry.parentPath, entry.name);
    const to = join(work, relative(registry, from));
    await mkdir(dirname(to), { recursive: true });
    const { ino } = await stat(from);
    const copy = copies.get(ino);
    if (copy === undefined) await copyFile(from, to);
    else await link(copy, to);
    copies.set(ino, to);
  }
  await rm(folder, { recursive: true, force: true });
  await rename(work, folder);
}

async function place(publication: Publication, cache: Cache, folder: string): Promise<Artifact> {
  const { name, step, file: source, compressed } = publication;
  const output = await cache.output(step);
  const bytes = await readFile(join(output.folder, source));
  const digest = sha256(bytes);
  const file = `${name}.${digest.slice(0, 16)}${extname(source)}`;
  await copyOnce(join(output.folder, source), join(folder, file));
  const artifact: Artifact = { name, file, bytes: bytes.length, sha256: digest, versions: output.inputs };
  if (!compressed) return artifact;
  const packed = (await cache.output(compressed)).folder;
  const sizes = { br: 0, gz: 0 };
  for (const sibling of siblings) {
    const from = join(packed, `${source}.${sibling}`);
    await copyOnce(from, join(folder, `${file}.${sibling}`));
    sizes[sibling] = (await stat(from)).size;
  }
  return { ...artifact, compressed: sizes };
}

async function placeFiles(publication: FilesPublication, cache: Cache, folder: string): Promise<string[]> {
  const plain = join((await cache.output(publication.step)).folder, publication.folder);
  const packed = (await cache.output(publication.compressed)).folder;
  const placed: string[] = [];
  for (const source of [plain, packed]) {
    for (const name of await readdir(source)) {
      await copyOnce(join(source, name), join(folder, name));
      placed.push(name);
    }
  }
  return placed;
}

/** Names carry the content's digest, so a file of the right name and length is the right file. */
async function copyOnce(from: string, to: string): Promise<void> {
  const [source, there] = await Promise.all([stat(from), stat(to).catch(() => undefined)]);
  if (there?.size === source.size) return;
  const work = temporary(to);
  await copyFile(from, work);
  await rename(work, to);
}

async function replaceFile(path: string, text: string): Promise<void> {
  const work = temporary(path);
  await writeFile(work, text);
  await rename(work, path);
}

function temporary(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
}
