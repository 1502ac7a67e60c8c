import { join } from 'node:path';
import type { Manifest } from '../../lib/machine/manifest';
import { Cache, cacheFolder } from './cache';
import { checkout } from './checkout';
import { layOut } from './layout';
import { Progress } from './progress';
import { publications } from './publications';
import type { Step } from './step';

const never = new AbortController().signal;

function openCache(signal: AbortSignal): Cache {
  return new Cache(cacheFolder, new Progress(process.stderr, () => performance.now()), signal);
}

/** Builds what is missing and lays all artifacts out in public/machine/. Prints what it does and how far it is. */
export function buildImages(signal: AbortSignal = never): Promise<Manifest> {
  return layOut(publications, openCache(signal), join(checkout, 'public/machine'));
}

/** Builds one step if it is missing, and returns the folder of its output. */
export async function buildStep(step: Step, signal: AbortSignal = never): Promise<string> {
  return (await openCache(signal).output(step)).folder;
}
