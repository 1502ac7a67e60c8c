import { pageParts } from '../machine/page-parts';
import { ComparePair, type StartFrom } from './compare-pair';

/** Everything that a comparison needs, loaded at its start and not before. */
export async function openPair(from: StartFrom, signal: AbortSignal): Promise<ComparePair> {
  const parts = await pageParts();
  return ComparePair.start(parts, from, signal);
}
