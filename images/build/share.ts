import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { type ShareEntry, shareManifestSchema } from '../../lib/machine/share/manifest';
import { ShareTree } from '../../lib/machine/share/tree';
import { checkout } from './checkout';
import { pack } from './compression';
import { digestSources, sha256 } from './digest';
import type { Step } from './step';
import { readTree } from './tree';

/**
 * A folder of the share, `/usr/share/twinhull/FOLDER`, made of the tree that a step makes. Its files are laid out in
 * public/machine/ under names of their content. A registry's (images/engine/registry/LAYOUT.md) lie in public/registry/
 * already, for whoever pulls over the wire: what is below `blobs/` there, or the same bytes, is fetched from there.
 */
export interface SharePart {
  folder: string;
  tree: Step;
  kind: 'files' | 'registry';
}

const sources = ['images/build/share.ts', 'images/build/tree.ts', 'lib/machine/share/manifest.ts'];
const list = 'entries.json';

/** `entries.json`, and in `files` what is to be laid out, by content. */
export function shareFiles({ folder, tree, kind }: SharePart): Step {
  return {
    name: `share-${folder}`,
    needs: [tree],
    inputs: async () => ({
      share: await digestSources(checkout, sources),
      [`share ${folder}`]: kind,
    }),
    async build(job) {
      const entries: ShareEntry[] = [];
      await mkdir(join(job.out, 'files'));
      const files = await readTree(job.outputOf(tree));
      const blobs = new Set(kind === 'registry' ? files.flatMap(({ path }) => blobDigest(path) ?? []) : []);
      for (const entry of files) {
        const path = `${folder}/${entry.path}`;
        if (entry.type === 'symlink') entries.push({ type: 'symlink', path, target: entry.target });
        if (entry.type !== 'file') continue;
        const digest = sha256(entry.data);
        const isBlob = blobs.has(digest);
        const file = isBlob ? `../registry/blobs/sha256/${digest}` : contentName(entry.path, digest);
        if (!isBlob) await writeFile(join(job.out, 'files', file), entry.data);
        entries.push({
          type: 'file',
          path,
          mode: entry.mode,
          bytes: entry.data.length,
          sha256: digest,
          file,
        });
      }
      await writeFile(join(job.out, list), JSON.stringify(entries));
    },
  };
}

function blobDigest(path: string): string | undefined {
  return /^blobs\/sha256\/([0-9a-f]{64})$/.exec(path)?.[1];
}

/** `share.json`: the list of all files of all parts, which a machine fetches when its guest first looks. */
export function shareList(name: string, parts: readonly Step[]): Step {
  return {
    name,
    needs: parts,
    inputs: async () => ({ 'share list': await digestSources(checkout, sources) }),
    async build(job) {
      const lists = await Promise.all(
        parts.map(async (part) => readFile(join(job.outputOf(part), list), 'utf8')),
      );
      const entries = lists.flatMap((text) => JSON.parse(text) as unknown[]);
      const manifest = shareManifestSchema.parse({ version: 1, entries });
      manifest.entries.sort((one, other) => (one.path < other.path ? -1 : 1));
      // Whatever a machine would refuse is noticed here.
      new ShareTree(manifest.entries);
      await writeFile(join(job.out, 'share.json'), `${JSON.stringify(manifest)}\n`);
    },
  };
}

/** `FILE.br` and `FILE.gz` of each of a part's files for which they are worth it. */
export function shareCompression(part: Step): Step {
  return {
    name: `${part.name}-compressed`,
    needs: [part],
    inputs: async () => ({
      'compressed share': await digestSources(checkout, ['images/build/compression.ts']),
    }),
    async build(job) {
      const folder = join(job.outputOf(part), 'files');
      const names = (await readdir(folder)).sort();
      const waiting = [...names.entries()];
      // Packing uses one processor.
      const packWaiting = async () => {
        for (let next = waiting.shift(); next; next = waiting.shift()) {
          const [index, name] = next;
          job.progress(`${index + 1} of ${names.length}: ${name}`);
          const content = await readFile(join(folder, name));
          const packed = await pack(content);
          if (packed.gz.length > 0.9 * content.length) continue;
          await writeFile(join(job.out, `${name}.br`), packed.br);
          await writeFile(join(job.out, `${name}.gz`), packed.gz);
        }
      };
      await Promise.all(Array.from({ length: availableParallelism() }, packWaiting));
    },
  };
}

/** Like an artifact's: who has fetched it never asks again. */
function contentName(path: string, digest: string): string {
  return `${basename(path).replace(/[^A-Za-z0-9._-]/g, '-')}.${digest.slice(0, 16)}.bin`;
}
