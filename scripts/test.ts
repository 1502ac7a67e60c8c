// npm test: every check there is, one after another, and one line at the end.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../lib/base/hull-error';
import { buildImages } from '../images/build/build-images';
import { ensureChromium } from './chromium';
import { buildSite } from './site/build';
import { goLint, goTests } from './test/go-tests';
import { installTestTools } from './test/tools';

const vitestReport = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTotalTestSuites: z.number(),
  numFailedTestSuites: z.number(),
});

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

type Check = { name: string; run(): Promise<Tally> };

/** A check that either holds or not, counted as one test. */
function whole(name: string, run: () => Promise<unknown>): Check {
  return {
    name,
    run: () =>
      run().then(
        () => ({ passed: 1, failed: 0, skipped: 0 }),
        (error: unknown) => {
          console.error(messageOf(error));
          return { passed: 0, failed: 1, skipped: 0 };
        },
      ),
  };
}

function node(...argv: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, argv, { stdio: 'inherit' });
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      code === 0
        ? resolve()
        : reject(new Error(`${argv.join(' ')} ended with ${signal ?? `status ${code}`}`)),
    );
  });
}

/** One vitest project; a file that does not even load counts as a failure. */
function vitest(project: string, ...options: string[]): Check {
  return {
    name: `tests: ${project}`,
    async run() {
      const folder = await mkdtemp(join(tmpdir(), 'twinhull-test-'));
      const report = join(folder, 'report.json');
      try {
        const ended = await node(
          'node_modules/vitest/vitest.mjs',
          'run',
          `--project=${project}`,
          ...options,
          '--reporter=default',
          '--reporter=json',
          `--outputFile.json=${report}`,
        ).then(
          () => true,
          () => false,
        );
        const counts = vitestReport.parse(JSON.parse(await readFile(report, 'utf8')));
        const failed = Math.max(counts.numFailedTests, ended ? 0 : 1);
        return { passed: counts.numPassedTests, failed, skipped: counts.numPendingTests };
      } catch (error) {
        console.error(`no report from vitest: ${messageOf(error)}`);
        return { passed: 0, failed: 1, skipped: 0 };
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

const checks: Check[] = [
  whole('guest images', buildImages),
  whole('browser', ensureChromium),
  whole('types', () => node('node_modules/typescript/bin/tsc', '--noEmit')),
  whole('types: lib without DOM', () => node('node_modules/typescript/bin/tsc', '--noEmit', '-p', 'lib')),
  whole('lint', () => node('node_modules/eslint/bin/eslint.js', '.')),
  whole('format', () =>
    node('node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'),
  ),
  whole('go: gofmt and vet', goLint),
  { name: 'tests: go', run: goTests },
  vitest('unit'),
  // A machine fills a core: two files at once.
  vitest('guest', '--maxWorkers=2'),
  whole('site', buildSite),
  vitest('browser'),
];

await installTestTools();
const total: Tally = { passed: 0, failed: 0, skipped: 0 };
for (const check of checks) {
  console.log(`\n▸ ${check.name}`);
  const tally = await check.run();
  total.passed += tally.passed;
  total.failed += tally.failed;
  total.skipped += tally.skipped;
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed === 0 ? 0 : 1;
