import { cp, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { guestPackages, versionsOf } from './archives';
import { checkout } from './checkout';
import { digestSources } from './digest';
import { dynamicLinker, sharedLibraries } from './shared-libraries';
import type { Job, Step } from './step';
import { compilerVersion } from './toolchain';

const sources = ['images/build/debian-tree.ts', 'images/build/shared-libraries.ts'];

/** What nobody reads in a container. Copyrights stay. */
const dropped = [
  ...['man', 'info', 'locale', 'lintian', 'bug', 'bash-completion', 'doc-base', 'menu'],
  ...['pixmaps', 'applications'],
].map((name) => `usr/share/${name}`);
const conversions = 'usr/lib/i386-linux-gnu/gconv';

interface WholePackages {
  name: string;
  packages: readonly string[];
  /** Files to be left out, and files under another name as well: from, to. */
  without?: readonly string[];
  copies?: Readonly<Record<string, string>>;
}

/** All files of Debian packages but documentation, translations and character sets: the packages' own scripts do not run. */
export function debianPackages({ name, packages, without = [], copies = {} }: WholePackages): Step {
  return {
    name,
    inputs: async () => ({
      ...versionsOf(await guestPackages.resolve(packages)),
      [name]: `${await digestSources(checkout, sources)} ${JSON.stringify([without, copies])}`,
    }),
    async build(job) {
      await unpack(packages, job.out, job);
      for (const path of [...dropped, conversions, ...without])
        await rm(join(job.out, path), { recursive: true, force: true });
      await keepCopyrights(join(job.out, 'usr/share/doc'));
      for (const [from, to] of Object.entries(copies)) await cp(join(job.out, from), join(job.out, to));
    },
  };
}

interface SomePrograms {
  name: string;
  packages: readonly string[];
  /** Paths of programs, or of folders of them. What they are linked with comes along. */
  programs: readonly string[];
  /** Other files and folders. */
  files?: readonly string[];
  /** What is left out of folders; a `*` at the end stands for any rest of a name. */
  without?: readonly string[];
}

/** Programs of Debian packages and the libraries that they need, where Debian has them, and nothing else. */
export function debianPrograms({ name, packages, programs, files = [], without = [] }: SomePrograms): Step {
  return {
    name,
    inputs: async () => ({
      ...versionsOf(await guestPackages.resolve(packages)),
      readelf: await compilerVersion(),
      [name]: `${await digestSources(checkout, sources)} ${JSON.stringify([programs, files, without])}`,
    }),
    async build(job) {
      await unpack(packages, job.scratch, job);
      for (const path of without) await removeMatching(job.scratch, path);
      const place = async (from: string, to: string) => {
        await mkdir(dirname(join(job.out, to)), { recursive: true });
        await cp(from, join(job.out, to), { recursive: true, verbatimSymlinks: true });
      };
      for (const path of [...programs, ...files]) await place(join(job.scratch, path), path);
      for (const [library, path] of await sharedLibraries(
        job.scratch,
        await filesOf(job.scratch, programs),
      )) {
        await place(path, library === dynamicLinker ? `lib/${library}` : `lib/i386-linux-gnu/${library}`);
      }
      await keepCopyrights(join(job.scratch, 'usr/share/doc'));
      await place(join(job.scratch, 'usr/share/doc'), 'usr/share/doc');
    },
  };
}

async function removeMatching(root: string, path: string): Promise<void> {
  const folder = join(root, dirname(path));
  const start = path.endsWith('*') ? basename(path).slice(0, -1) : undefined;
  const names = start === undefined ? [basename(path)] : await readdir(folder);
  for (const name of names.filter((one) => start === undefined || one.startsWith(start)))
    await rm(join(folder, name), { recursive: true });
}

/** The paths, and in place of folders the files in them. */
async function filesOf(root: string, paths: readonly string[]): Promise<string[]> {
  const all = paths.map(async (path) =>
    (await stat(join(root, path))).isDirectory()
      ? (await readdir(join(root, path))).sort().map((name) => join(path, name))
      : [path],
  );
  return (await Promise.all(all)).flat();
}

async function unpack(packages: readonly string[], folder: string, job: Job): Promise<void> {
  for (const found of await guestPackages.resolve(packages)) {
    job.progress(found.name);
    await guestPackages.unpack(found, folder, job.signal);
  }
}

/** Leaves of packages' documentation what their licences ask for. */
async function keepCopyrights(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const entries = await readdir(join(folder, name)).catch((): string[] => []);
    if (!entries.includes('copyright')) await rm(join(folder, name), { recursive: true });
    for (const entry of entries) {
      if (entry !== 'copyright') await rm(join(folder, name, entry), { recursive: true, force: true });
    }
  }
}
