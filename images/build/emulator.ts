import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { checkout } from './checkout';
import type { Step } from './step';

const folder = join(checkout, 'node_modules/v86');
const packageSchema = z.object({ version: z.string() });

/** v86's module and WebAssembly, as npm installed them: bundlers must not touch them. */
export const emulator: Step = {
  name: 'emulator',
  async inputs() {
    const json: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    return { v86: packageSchema.parse(json).version };
  },
  async build(job) {
    for (const file of ['libv86.mjs', 'v86.wasm']) {
      await copyFile(join(folder, 'build', file), join(job.out, file));
    }
  },
};
