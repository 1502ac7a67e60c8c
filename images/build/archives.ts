import { join } from 'node:path';
import { cacheFolder } from './cache';
import { DebianArchive, type DebianPackage } from './debian-archive';

/** What the guest runs and is linked with. */
export const guestPackages = new DebianArchive(join(cacheFolder, 'debian-i386'), 'i386');

/** What is the same for all architectures: sources and firmware. */
export const sourcePackages = new DebianArchive(
  join(cacheFolder, 'debian-sources'),
  process.arch === 'arm64' ? 'arm64' : 'amd64',
);

/** Versions as inputs of a step: package to version. */
export function versionsOf(packages: readonly DebianPackage[]): Record<string, string> {
  return Object.fromEntries(packages.map((one) => [one.name, one.version]));
}
