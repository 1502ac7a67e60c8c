import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HullError } from '../../lib/base/hull-error';
import { run } from './command';
import { type DebianErrorCode, requireDebian } from './debian-packages';
import { sha256 } from './digest';

/** A package in the archive that this computer's apt is set up for. */
export interface DebianPackage {
  name: string;
  version: string;
  /** In the archive; the version's colon is written `%3a`. */
  file: string;
  sha256: string;
}

/** After this the package lists are fetched again, so that security fixes reach the guest. */
const listsMaxAgeMs = 24 * 60 * 60 * 1000;

/**
 * Packages for the guest: downloaded and unpacked, never installed. Uses this computer's package sources with package
 * lists of its own, so that neither root nor `dpkg --add-architecture` is needed. One archive is for one
 * architecture, because apt gives up on a source of which the list of one architecture is broken.
 */
export class DebianArchive {
  private fresh: Promise<void> | undefined;

  /**
   * @param folder where lists and downloaded packages are kept
   * @param architecture Debian's name; packages for all architectures are in each
   */
  constructor(
    private readonly folder: string,
    private readonly architecture: string,
  ) {}

  /** The newest versions, in the order of the names. */
  async resolve(names: readonly string[]): Promise<DebianPackage[]> {
    this.fresh ??= this.refresh();
    await this.fresh;
    const found = await this.candidates(names);
    const missing = names.filter((name) => !found.has(name));
    if (missing.length > 0) {
      throw new HullError<DebianErrorCode>(
        'packages-unreachable',
        `apt knows no package ${missing.join(', ')}.`,
        `Check the package sources in /etc/apt, remove ${this.folder}, and try again.`,
      );
    }
    return names.flatMap((name) => found.get(name) ?? []);
  }

  /** Path of the package's file, downloaded when it is not there yet. */
  async download(wanted: DebianPackage, signal: AbortSignal): Promise<string> {
    const path = join(this.folder, 'packages', wanted.file);
    const there = await readFile(path).catch(() => undefined);
    if (there && sha256(there) === wanted.sha256) return path;
    const work = `${path}.${process.pid}.tmp`;
    await mkdir(work, { recursive: true });
    try {
      await this.apt(['download', `${wanted.name}=${wanted.version}`], { cwd: work, signal });
      const bytes = await readFile(join(work, wanted.file));
      if (sha256(bytes) !== wanted.sha256)
        throw new Error(`${wanted.file} is not what the package list names`);
      await rename(join(work, wanted.file), path);
    } catch (cause) {
      signal.throwIfAborted();
      throw new HullError<DebianErrorCode>(
        'packages-unreachable',
        `Debian's package ${wanted.name} ${wanted.version} could not be downloaded.`,
        'Check the connection and the package sources in /etc/apt, and try again.',
        { cause },
      );
    } finally {
      await rm(work, { recursive: true, force: true });
    }
    return path;
  }

  /** Downloads and unpacks into `folder`. */
  async unpack(wanted: DebianPackage, folder: string, signal: AbortSignal): Promise<void> {
    await run(['dpkg-deb', '-x', await this.download(wanted, signal), folder], { signal });
  }

  private async refresh(): Promise<void> {
    await requireDebian();
    const stamp = join(this.folder, 'lists-fetched');
    const ageMs = await stat(stamp).then(
      (file) => Date.now() - file.mtimeMs,
      () => Infinity,
    );
    if (ageMs < listsMaxAgeMs) return;
    console.error(`  fetching package lists for ${this.architecture}`);
    await mkdir(join(this.folder, 'lists', 'partial'), { recursive: true });
    await mkdir(join(this.folder, 'archives', 'partial'), { recursive: true });
    await mkdir(join(this.folder, 'packages'), { recursive: true });
    // One list of many may be out of reach without harm: what counts is whether the packages are found.
    const failure = await this.apt(['update']).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure && ageMs === Infinity)
      console.error('  apt-get update had trouble; trying with what it has got');
    await writeFile(stamp, '');
  }

  private async candidates(names: readonly string[]): Promise<Map<string, DebianPackage>> {
    const listed = await this.apt(['download', '--print-uris', ...names]).catch(() => '');
    const packages = listed.split('\n').flatMap((line) => parseUriLine(line) ?? []);
    return new Map(packages.map((one) => [one.name, one]));
  }

  private apt(
    argv: readonly string[],
    options: { cwd?: string; signal?: AbortSignal } = {},
  ): Promise<string> {
    const settings = [
      `APT::Architecture=${this.architecture}`,
      `APT::Architectures=${this.architecture}`,
      `Dir::State::lists=${join(this.folder, 'lists')}`,
      `Dir::Cache=${this.folder}`,
      'Dir::State::status=/dev/null',
      // As root, apt would drop to a user who cannot write here.
      'APT::Sandbox::User=',
    ];
    return run(['apt-get', '-q', ...settings.flatMap((setting) => ['-o', setting]), ...argv], options);
  }
}

/** A line of `apt-get download --print-uris`: 'URI' FILE BYTES SHA256:DIGEST */
export function parseUriLine(line: string): DebianPackage | undefined {
  const match = /^'[^']*' (\S+) \d+ SHA256:([0-9a-f]{64})$/.exec(line);
  const [, file, digest] = match ?? [];
  const [name, version] = file?.split('_') ?? [];
  if (!file || !digest || !name || !version) return undefined;
  return { name, version: decodeURIComponent(version), file, sha256: digest };
}
