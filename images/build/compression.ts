import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Step } from './step';

/** `file.br` and `file.gz` of a file that a step makes, for servers that send them instead. */
export function compression(step: Step, file: string): Step {
  return {
    name: `${step.name}-compressed`,
    needs: [step],
    inputs: async () => ({ [`compressed ${file}`]: 'brotli 11, gzip 9' }),
    async build(job) {
      const content = await readFile(join(job.outputOf(step), file));
      job.progress(`brotli and gzip of ${(content.length / 1e6).toFixed(1)} MB`);
      const { br, gz } = await pack(content);
      await writeFile(join(job.out, `${file}.br`), br);
      await writeFile(join(job.out, `${file}.gz`), gz);
    },
  };
}

/** As small as brotli and gzip get. */
export async function pack(content: Uint8Array): Promise<{ br: Uint8Array; gz: Uint8Array }> {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
  };
  const [br, gz] = await Promise.all([
    promisify(brotliCompress)(content, { params }),
    promisify(gzip)(content, { level: 9 }),
  ]);
  return { br, gz };
}
