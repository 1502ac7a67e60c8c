import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { checkout } from '../../images/build/checkout';

const bundles = new Map<string, Promise<string>>();

/**
 * A module with all that it imports, in one file, as a site's bundler makes it: one that came in fifty would start late.
 * @param path of the module in the checkout, with slashes
 * @param sourceUrl what `import.meta.url` is in a module of the checkout, as an expression
 */
export function bundle(
  path: string,
  format: 'esm' | 'cjs',
  sourceUrl: (path: string) => string,
): Promise<string> {
  const key = `${format} ${path}`;
  const known = bundles.get(key) ?? make(path, format, sourceUrl);
  bundles.set(key, known);
  return known;
}

async function make(
  path: string,
  format: 'esm' | 'cjs',
  sourceUrl: (path: string) => string,
): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(checkout, path)],
    bundle: true,
    write: false,
    format,
    platform: format === 'cjs' ? 'node' : 'browser',
    target: 'es2023',
    plugins: [
      {
        name: 'where a module came from',
        setup(job) {
          job.onLoad({ filter: /\.ts$/ }, async ({ path: file }) => ({
            loader: 'ts',
            contents: (await readFile(file, 'utf8')).replaceAll(
              'import.meta.url',
              sourceUrl(file.slice(checkout.length).replace(/^\/*/, '')),
            ),
          }));
        },
      },
    ],
  });
  return outputFiles[0]?.text ?? '';
}
