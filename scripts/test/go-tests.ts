import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const engine = fileURLToPath(new URL('../../images/engine', import.meta.url));

/** A line of `go test -json`; of a package as a whole when there is no `Test`. */
const eventSchema = z.object({
  Action: z.string(),
  Package: z.string().optional(),
  Test: z.string().optional(),
  Output: z.string().optional(),
});

export interface GoTally {
  passed: number;
  failed: number;
  skipped: number;
}

/** Lines kept of a test or package, to be printed when it fails. */
const keptLines = 200;

/** The engine's own tests, on this computer. Subtests are counted with their test. */
export async function goTests(): Promise<GoTally> {
  const tally: GoTally = { passed: 0, failed: 0, skipped: 0 };
  const said = new Map<string, string[]>();
  const status = await run('go', ['test', '-json', './...'], (line) => {
    const parsed = eventSchema.safeParse(parse(line));
    if (!parsed.success) {
      console.log(line);
      return;
    }
    const { Action: action, Package: name = '', Test: test, Output: output } = parsed.data;
    const key = `${name} ${test?.split('/')[0] ?? ''}`;
    if (output !== undefined) said.set(key, [...(said.get(key) ?? []), output].slice(-keptLines));
    if (test?.includes('/') === true) return;
    if (action === 'fail') {
      console.log(`${key}\n${(said.get(key) ?? []).join('')}`);
      // A package that fails without a test did not compile, or ended before its time.
      tally.failed += 1;
    } else if (test !== undefined && action === 'pass') tally.passed += 1;
    else if (test !== undefined && action === 'skip') {
      console.log(`skipped: ${(said.get(key) ?? []).join('').trim()}`);
      tally.skipped += 1;
    }
  });
  if (status !== 0 && tally.failed === 0) tally.failed = 1;
  return tally;
}

/** gofmt and go vet, for the computer's and the guest's architecture. */
export async function goLint(): Promise<void> {
  for (const environment of [{}, { GOARCH: '386' }]) {
    const status = await run('go', ['vet', './...'], (line) => console.log(line), environment);
    if (status !== 0) throw new Error('go vet has found something');
  }
  const unformatted: string[] = [];
  await run('gofmt', ['-l', '.'], (line) => unformatted.push(line));
  if (unformatted.length > 0) throw new Error(`gofmt would change ${unformatted.join(', ')}`);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function run(
  program: string,
  argv: readonly string[],
  onLine: (line: string) => void,
  environment: Readonly<Record<string, string>> = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, argv, {
      cwd: engine,
      env: { ...process.env, CGO_ENABLED: '0', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    createInterface(child.stdout).on('line', onLine);
    createInterface(child.stderr).on('line', onLine);
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? 1));
  });
}
