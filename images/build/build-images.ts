import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Manifest } from '../../lib/machine/manifest';
import { Cache, cacheFolder } from './cache';
import { checkout } from './checkout';
import { sha256 } from './digest';
import { layOut, layOutRegistry } from './layout';
import { Progress } from './progress';
import { onRequest, publications, publishedFiles, publishedRegistry } from './publications';
import type { Publication, Step } from './step';

const never = new AbortController().signal;

function openProgress(): Progress {
  return new Progress(process.stderr, () => performance.now());
}

function openCache(signal: AbortSignal): Cache {
  return new Cache(cacheFolder, openProgress(), signal);
}

/**
 * Builds what is missing and lays all artifacts out in public/machine/, and images for containers in public/registry/.
 * Prints what it does and how far it is.
 * @param withRequested also builds what is otherwise laid out only if it is built already
 */
export async function buildImages(signal: AbortSignal = never, withRequested = false): Promise<Manifest> {
  const cache = openCache(signal);
  // First, because the share's list leads there.
  const registry = await cache.output(publishedRegistry);
  await layOutRegistry(registry.folder, join(checkout, 'public/registry'));
  const further: Publication[] = [];
  for (const publication of onRequest) {
    const steps = [publication.step, ...(publication.compressed ? [publication.compressed] : [])];
    if (withRequested || (await cache.hasAll(steps))) further.push(publication);
  }
  return layOut([...publications, ...further], publishedFiles, cache, join(checkout, 'public/machine'));
}

/** Builds one step if it is missing, and returns the folder of its output. */
export async function buildStep(step: Step, signal: AbortSignal = never): Promise<string> {
  return (await openCache(signal).output(step)).folder;
}

/**
 * Builds a step and all that it needs again, from nothing, and compares the output with the cached one.
 * Returns the files that differ.
 */
export async function verifyStep(step: Step, signal: AbortSignal = never): Promise<string[]> {
  const cached = await buildStep(step, signal);
  const folder = await mkdtemp(join(cacheFolder, 'verify-'));
  try {
    const again = new Cache(folder, openProgress(), signal);
    return await differingFiles(cached, (await again.output(step)).folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function differingFiles(first: string, second: string): Promise<string[]> {
  const [before, after] = await Promise.all([first, second].map(digestFiles));
  const names = new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])]);
  return [...names].filter((name) => before?.get(name) !== after?.get(name)).sort();
}

async function digestFiles(folder: string): Promise<Map<string, string>> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  const paths = files.map((file) => join(file.parentPath, file.name));
  return new Map(
    await Promise.all(
      paths.map(async (path) => [relative(folder, path), sha256(await readFile(path))] as const),
    ),
  );
}
