import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Guest } from '../../lib/guest/guest';
import { checkout } from '../build/checkout';
import { run } from '../build/command';

export interface GoTestResult {
  passed: boolean;
  /** What `go test -v` prints, or of tests that passed only their names. */
  output: string;
}

/**
 * Runs the Go tests of one of the engine's packages in a machine: with its kernel, as i686.
 * @param folder in images/engine: `network`
 * @param options of the test program: `-test.short`, `-test.run=...`
 */
export async function runGoTests(guest: Guest, folder: string, ...options: string[]): Promise<GoTestResult> {
  const program = `/tmp/${folder.replaceAll('/', '-')}.test`;
  await guest.writeFile(program, await compileTests(folder), { mode: 0o755 });
  try {
    const { status, stdout, stderr } = await guest.run({ argv: [program, '-test.v', ...options] });
    const passed = status.type === 'exited' && status.code === 0;
    const text = new TextDecoder();
    const lines = (text.decode(stdout) + text.decode(stderr)).split('\n');
    const told = passed ? lines.filter((line) => line.startsWith('--- ')) : lines;
    return { passed, output: told.join('\n') };
  } finally {
    // The guest's files are its memory.
    await guest.run({ argv: ['rm', '-f', program] });
  }
}

async function compileTests(folder: string): Promise<Uint8Array> {
  const out = await mkdtemp(join(tmpdir(), 'go-tests-'));
  try {
    const program = join(out, 'program');
    await run(['go', 'test', '-c', '-trimpath', '-ldflags=-s -w', '-o', program, `./${folder}`], {
      cwd: join(checkout, 'images/engine'),
      env: { GOOS: 'linux', GOARCH: '386', CGO_ENABLED: '0', GOFLAGS: '-mod=readonly' },
    });
    return await readFile(program);
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}
