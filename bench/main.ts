// npm run bench [-- name...]: measures, prints a table, and keeps the figures in bench/results.json.
import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { messageOf } from '../lib/base/hull-error';
import { type BenchEnvironment, type Results, resultsSchema } from '../lib/experiments/reference';
import { spreadOf } from '../lib/experiments/statistics';
import { launchChromium } from '../scripts/chromium';
import { benches } from './benches';
import type { Figure } from './figure';
import { printTable } from './table';

const resultsFile = new URL('./results.json', import.meta.url);
const environmentFile = new URL('./environment.json', import.meta.url);

const names = process.argv.slice(2);
const unknown = names.filter((name) => !benches.some((bench) => bench.name === name));
if (unknown.length > 0) {
  console.error(
    `There is no benchmark ${unknown.join(', ')}. There are: ${benches.map(({ name }) => name).join(', ')}.`,
  );
  process.exit(2);
}
const chosen = benches.filter(({ name, onlyByName }) =>
  names.length > 0 ? names.includes(name) : !onlyByName,
);

const figures: Figure[] = [];
let failures = 0;
for (const bench of chosen) {
  console.error(`▸ ${bench.name}`);
  try {
    figures.push(...(await bench.measure((text) => console.error(`  ${text}`))));
  } catch (error) {
    failures += 1;
    console.error(`  failed: ${messageOf(error)}`);
  }
}
printTable(figures);
await keep(figures);
process.exit(failures === 0 ? 0 : 1);

/** New figures take the place of those with the same name; the others stay. */
async function keep(measured: readonly Figure[]): Promise<void> {
  const before = resultsSchema.parse(JSON.parse(await readFile(resultsFile, 'utf8')));
  const rows: Results = measured.flatMap(({ name, unit, samples }) => {
    const spread = spreadOf(samples);
    return spread ? [{ name, unit, ...spread }] : [];
  });
  const kept = before.filter((row) => !rows.some(({ name }) => name === row.name));
  await writeFile(resultsFile, `${JSON.stringify([...kept, ...rows], null, 2)}\n`);
  await writeFile(environmentFile, `${JSON.stringify(await environment(), null, 2)}\n`);
}

async function environment(): Promise<BenchEnvironment> {
  const browser = await launchChromium();
  const chromium = browser.version();
  await browser.close();
  return {
    takenAt: new Date().toISOString(),
    cpu: cpus()[0]?.model ?? 'an unknown CPU',
    cores: cpus().length,
    node: process.versions.node,
    chromium,
  };
}
