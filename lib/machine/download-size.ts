import type { MachineProfile } from './machine';
import type { Manifest } from './manifest';

const emulator = ['v86', 'v86-wasm', 'bios', 'vgabios'];

/** Bytes that cross the network when the artifacts of a start come compressed and nothing is cached; undefined when the manifest lacks one. */
export function downloadBytes(
  manifest: Manifest,
  profile: MachineProfile,
  how: 'cold' | 'saved' | { snapshot: string },
): number | undefined {
  const own = how === 'cold' ? [profile.kernel, profile.root] : how === 'saved' ? [] : [how.snapshot];
  let bytes = 0;
  for (const name of [...emulator, ...own]) {
    const artifact = manifest.artifacts.find((candidate) => candidate.name === name);
    if (!artifact) return undefined;
    bytes += artifact.compressed?.br ?? artifact.bytes;
  }
  return bytes;
}
