import { spawn } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { writeHeadersFile } from './headers';
import { readPolicies } from './policies';
import { buildPreviewFrame } from './preview-frame';

export const siteFolder = 'out';

/** Exports the site to `out/`, precompresses it, and writes the header file for static hosts. */
export async function buildSite(): Promise<void> {
  await buildPreviewFrame();
  await runNextBuild();
  await writeFile(join(siteFolder, '_headers'), writeHeadersFile(await readPolicies(siteFolder)));
  await precompress(siteFolder);
}

function runNextBuild(): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = spawn(process.execPath, ['node_modules/next/dist/bin/next', 'build'], {
      stdio: 'inherit',
      env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1' },
    });
    next.once('error', reject);
    next.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`next build ended with status ${code}`)),
    );
  });
}

/** Guest artifacts arrive with their siblings; what Next wrote gets its own here. */
async function precompress(folder: string): Promise<void> {
  const compressible = /\.(?:js|mjs|css|html|txt|json|svg)$/;
  for (const file of await readdir(folder, { recursive: true })) {
    if (!compressible.test(file)) continue;
    const path = join(folder, file);
    const hasSibling = await stat(`${path}.br`).catch(() => undefined);
    if (hasSibling) continue;
    const content = await readFile(path);
    if (content.length < 1024) continue;
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: 10,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    };
    await writeFile(`${path}.br`, await promisify(brotliCompress)(content, { params }));
    await writeFile(`${path}.gz`, await promisify(gzip)(content, { level: 9 }));
  }
}
