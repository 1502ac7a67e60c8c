import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Reference, environmentSchema, resultsSchema } from '@/lib/experiments/reference';

/** What `npm run bench` last wrote. */
export async function readReference(): Promise<Reference> {
  const read = async (file: string): Promise<unknown> =>
    JSON.parse(await readFile(join(process.cwd(), 'bench', file), 'utf8'));
  return {
    results: resultsSchema.parse(await read('results.json')),
    environment: environmentSchema.parse(await read('environment.json')),
  };
}
